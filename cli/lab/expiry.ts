import { expiryOf } from '../../provider/local/workspace/kind';
import { labs as labsOnMachine } from '../../provider/local/shared/slots';
import type { Remain } from '../account/account';
import type { Engine } from '../engine';
import { Failure } from '../errors';
import { isLab, type Lab, parseLab } from './name';
import type { Snapshot } from '../engine/snapshot';

/** A lab, and when it should be gone. */
export interface Ending {
  lab: Lab;
  /** UTC, to the minute; empty: never. */
  expires: string;
  /** Who remembers it. Of what only a cloud does nothing can be removed from here: the state that knows all of it is elsewhere. */
  from: 'state' | 'machine' | 'cloud';
}

/** When a lab ends, by its state; also of one that was never brought up whole. */
export function expiryIn({ resources }: Pick<Snapshot, 'resources'>): string {
  const deadline = resources.find(({ type }) => type === 'hardway:time:Deadline');
  return String(deadline?.outputs.time ?? '');
}

/** `2026-12-01t18-00z`, as a label has it, is 2026-12-01T18:00Z. */
export const fromLabel = (text: string): string =>
  text.toUpperCase().replace(/^(\d{4}-\d\d-\d\dT\d\d)-(\d\dZ)$/, '$1:$2');

export const isPast = ({ expires }: Pick<Ending, 'expires'>, now = Date.now()): boolean =>
  expires !== '' && Date.parse(expires) <= now;

/** The labs of the backend; of one whose state can't be read, what this machine remembers counts. */
async function inStates(engine: Pick<Engine, 'stacks' | 'snapshot'>): Promise<Ending[]> {
  const names = (await engine.stacks()).map(({ name }) => name).filter(isLab);
  return Promise.all(
    names.map(async (name): Promise<Ending> => {
      try {
        const snapshot = await engine.snapshot(name);
        return { lab: parseLab(name), expires: snapshot ? expiryIn(snapshot) : '', from: 'state' };
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        return { lab: parseLab(name), expires: expiryOf(name) ?? '', from: 'state' };
      }
    }),
  );
}

/** What a cloud remembers of labs, one Ending a lab. */
export function inCloud(remains: Remain[]): Ending[] {
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
 * Every lab that the backend, the host or, by `remains`, a cloud knows, each once. Without an engine, as on a host without
 * the toolchain, the backend is not read.
 */
export async function endings(
  engine: Pick<Engine, 'stacks' | 'snapshot'> | undefined,
  remains: Remain[] = [],
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
