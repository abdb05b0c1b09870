import * as crypto from 'node:crypto';
import { ConfigError } from '../../components/config';
import { type LabOutputs, readOutputs, type StackOutputs } from '../../components/outputs';
import { Failure, unable } from '../errors';

/** A resource in the state. Its outputs hold secrets in plain text. */
export interface Remembered {
  urn: string;
  type: string;
  /** `undefined` for a component. */
  id?: string;
  outputs: Record<string, unknown>;
}

/** A create operation that a killed engine left unfinished. */
export interface PendingCreate {
  /** Type of the resource, such as `aws:ec2/route:Route`. */
  type: string;
  urn: string;
  inputs: Record<string, unknown>;
}

/** Parts of a stack's state that commands need. */
export interface Snapshot {
  resources: Remembered[];
  /** Digest of the state. Every run of the engine that writes the state changes it. */
  digest: string;
  /** Creation time of the oldest resource, ISO 8601. */
  created?: string;
  /** Whether a killed engine left unfinished operations in the state. */
  pending: boolean;
  /** Pending operations that create a resource. Inputs are as the program gave them, secrets included. */
  pendingCreates: PendingCreate[];
  /** Outputs of the program; `undefined` if no `up` ever succeeded. */
  outputs?: LabOutputs;
  /** Why existing outputs can't be read: another version wrote them. */
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

/**
 * Parses a stack's outputs; `undefined` if they are incomplete. Throws a Failure if another version
 * of this program wrote them.
 */
export function asOutputs(outputs: Record<string, unknown>): LabOutputs | undefined {
  if (!NEEDED.every((key) => outputs[key])) return undefined;
  try {
    return readOutputs(outputs as unknown as StackOutputs);
  } catch (error) {
    if (!(error instanceof ConfigError || error instanceof SyntaxError)) throw error;
    throw unable(
      `Another version of this program created lab ${String(outputs.lab)}: ${error.message}`,
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

/** Parses the output of `pulumi stack export --show-secrets`. */
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
