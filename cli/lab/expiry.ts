import { expiryOf, labs as labsOnMachine } from '../../provider/local';
import type { CloudResource } from '../account/account';
import type { Engine, Snapshot } from '../engine';
import { Failure } from '../errors';
import { ifPresent } from '../../util/optional';
import { isLab, type LabRef, parseLab } from './name';

/** A lab and its expiry. */
export interface Ending {
  lab: LabRef;
  /** Expiry in UTC, to the minute. Empty if the lab never expires. */
  expires: string;
  /**
   * Source of this knowledge. A lab known only to a cloud can't be removed from here: another
   * backend holds its state.
   */
  from: 'state' | 'machine' | 'cloud';
}

/** Returns the expiry in a lab's state, also of a lab that was never up. */
export function expiryIn({ resources }: Pick<Snapshot, 'resources'>): string {
  const deadline = resources.find(({ type }) => type === 'hardway:time:Deadline');
  return String(deadline?.outputs.time ?? '');
}

/** Converts a label, such as `2026-12-01t18-00z`, to a time: 2026-12-01T18:00Z. */
export const fromLabel = (text: string): string =>
  text.toUpperCase().replace(/^(\d{4}-\d\d-\d\dT\d\d)-(\d\dZ)$/, '$1:$2');

export const isPast = ({ expires }: Pick<Ending, 'expires'>, now = Date.now()): boolean =>
  expires !== '' && Date.parse(expires) <= now;

/** Returns the mistake of a config with an expiry in the past; `undefined` if there is none. */
export const pastExpiry = (expires: string): string | undefined =>
  isPast({ expires })
    ? `expires is ${expires}, which is in the past, so the next ./lab reap would remove the lab`
    : undefined;

/**
 * Lists the labs of the backend. If a lab's state can't be read, the expiry comes from the host.
 */
async function inStates(engine: Pick<Engine, 'stacks' | 'snapshot'>): Promise<Ending[]> {
  const names = (await engine.stacks()).map(({ name }) => name).filter(isLab);
  return Promise.all(
    names.map(async (name): Promise<Ending> => {
      try {
        const snapshot = await engine.snapshot(name);
        return {
          lab: parseLab(name),
          expires: ifPresent(snapshot, expiryIn) ?? '',
          from: 'state',
        };
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        return { lab: parseLab(name), expires: expiryOf(name) ?? '', from: 'state' };
      }
    }),
  );
}

/** Groups a cloud's resources by lab. */
export function inCloud(remains: CloudResource[]): Ending[] {
  const names = [...new Set(remains.map(({ lab }) => lab))].filter(isLab);
  return names.map((name) => ({
    lab: parseLab(name),
    expires: fromLabel(
      remains.find(({ lab, expires }) => lab === name && expires !== '')?.expires ?? '',
    ),
    from: 'cloud',
  }));
}

/**
 * Lists every lab that the backend, the host or, by `remains`, a cloud knows. Each lab once. Without
 * an engine, as on a host without the toolchain, the backend is not read.
 */
export async function endings(
  engine: Pick<Engine, 'stacks' | 'snapshot'> | undefined,
  remains: CloudResource[] = [],
): Promise<Ending[]> {
  const onMachine = labsOnMachine()
    .filter(isLab)
    .map((name): Ending => ({
      lab: parseLab(name),
      expires: expiryOf(name) ?? '',
      from: 'machine',
    }));
  const stated = engine ? await inStates(engine) : [];
  const all = [...stated, ...onMachine, ...inCloud(remains)];
  const first = new Map<string, Ending>();
  for (const ending of all) if (!first.has(ending.lab.stack)) first.set(ending.lab.stack, ending);
  return [...first.values()].sort((one, other) => one.lab.stack.localeCompare(other.lab.stack));
}
