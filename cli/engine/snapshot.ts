import * as crypto from 'node:crypto';
import { ConfigError } from '../../components/config';
import { type LabOutputs, readOutputs, type StackOutputs } from '../../components/outputs';
import { Failure, unable } from '../errors';

/** A resource as the state remembers it; secrets among the outputs are in the open here. */
export interface Remembered {
  urn: string;
  type: string;
  /** None of a component. */
  id?: string;
  outputs: Record<string, unknown>;
}

/** A create whose end the engine did not see. */
export interface PendingCreate {
  /** Type of the resource, such as `aws:ec2/route:Route`. */
  type: string;
  urn: string;
  inputs: Record<string, unknown>;
}

/** What a stack's state says, as far as the command asks it. */
export interface Snapshot {
  resources: Remembered[];
  /** The same exactly when the state is: every run of the engine that writes to it makes another. */
  digest: string;
  /** When the oldest resource was made, ISO 8601. */
  created?: string;
  /** Whether the state has operations whose end the engine did not see, because it was killed. */
  pending: boolean;
  /** Pending operations that create a resource. Inputs are as the program gave them, secrets included. */
  pendingCreates: PendingCreate[];
  /** None where the stack was never brought up whole. */
  outputs?: LabOutputs;
  /** Why the outputs, though there are some, can't be read: another version made them. */
  unreadable?: Failure;
}

interface Exported {
  resources?: {
    urn: string;
    type: string;
    id?: string;
    created?: string;
    outputs?: Record<string, unknown>;
  }[];
  pending_operations?: {
    type?: string;
    resource?: { urn: string; type: string; inputs?: Record<string, unknown> };
  }[];
}

/** Marks a secret in exported state; beside it, `plaintext` holds the value as JSON. */
const SIGNATURE = '4dabf18193072939515e22adb298388d';

function unwrapped(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unwrapped);
  if (value === null || typeof value !== 'object') return value;
  if (SIGNATURE in value) return JSON.parse((value as unknown as { plaintext: string }).plaintext);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, unwrapped(inner)]));
}

const NEEDED: (keyof StackOutputs)[] = ['lab', 'config', 'nodes', 'knownHosts', 'sshPrivateKey'];

/** A stack's outputs, if they are a lab's and complete. Throws a Failure where another version of this program made it. */
export function asOutputs(outputs: Record<string, unknown>): LabOutputs | undefined {
  if (!NEEDED.every((key) => outputs[key])) return undefined;
  try {
    return readOutputs(outputs as unknown as StackOutputs);
  } catch (error) {
    if (!(error instanceof ConfigError || error instanceof SyntaxError)) throw error;
    throw unable(
      `Another version of this program made lab ${String(outputs.lab)}: ${error.message}`,
      'use that version, or ./lab down and up',
    );
  }
}

function outputsOf(outputs: Record<string, unknown>): Pick<Snapshot, 'outputs' | 'unreadable'> {
  try {
    return { outputs: asOutputs(outputs) };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { unreadable: error };
  }
}

/** Reads what `pulumi stack export --show-secrets` gives. */
export function readSnapshot(deployment: unknown): Snapshot {
  const { resources = [], pending_operations: pending = [] } = (deployment ?? {}) as Exported;
  const stack = resources.find((resource) => resource.type === 'pulumi:pulumi:Stack');
  const created = resources.flatMap((resource) => resource.created ?? []).sort()[0];
  return {
    resources: resources.map(({ urn, type, id, outputs }) => ({
      urn,
      type,
      id,
      outputs: unwrapped(outputs ?? {}) as Record<string, unknown>,
    })),
    digest: crypto
      .createHash('sha256')
      .update(JSON.stringify(deployment ?? null))
      .digest('hex'),
    created,
    pending: pending.length > 0,
    pendingCreates: pending.flatMap(({ type, resource }) =>
      type === 'creating' && resource
        ? {
            type: resource.type,
            urn: resource.urn,
            inputs: unwrapped(resource.inputs ?? {}) as Record<string, unknown>,
          }
        : [],
    ),
    ...outputsOf(unwrapped(stack?.outputs ?? {}) as Record<string, unknown>),
  };
}
