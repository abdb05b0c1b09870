import type { LabOutputs } from '../../../components/outputs';
import { expiryIn } from '../../lab/expiry';
import type { JumpHost } from '../../lab/ssh-config';
import { Engine, type Snapshot } from '../../engine';
import { exitCodeOf, usage, withCure } from '../../errors';
import { columns, print, printJson } from '../../ui/prompt';
import { asFailure } from '../jobs/runner';
import { mapConcurrent, READ_AT_ONCE } from '../jobs/map-concurrent';
import { classTools } from '../missing-labs';
import type { Roster, Student } from '../roster';
import { fieldsIf, textIf } from '../../../util/optional';
import { card } from './card';
import { CardFolder } from './folder';

/** Part of a roster that a card depends on. */
type RosterOfCards = Pick<Roster, 'file' | 'jumpHost'>;

export interface CardsOptions {
  out?: string;
  json?: boolean;
  roster: Roster;
}

/** Result for a student's card. */
export interface Written {
  id: string;
  name: string;
  lab: string;
  /** File of the card; `undefined` if the lab is not up or can't be read. */
  file?: string;
  /** Why there is no card, or what the card lacks, and what to do. */
  problem?: string;
}

/**
 * Explains why a card describes no remote login: the roster and the lab disagree about the jump
 * host. `undefined` if they agree.
 */
function lackOf(
  { lab }: Student,
  { outputs }: Snapshot,
  { file, jumpHost }: RosterOfCards,
): string | undefined {
  if (lab.cloud !== 'local' || Boolean(jumpHost) === Boolean(outputs?.jump)) return undefined;
  if (jumpHost)
    return `the lab has no jump host, so the card only describes the login on this host\nTo do: jumpCidrs in the config of the roster, ./lab class up ${file}, and the cards again`;
  return `the lab has a jump host and the roster no jumpHost, so the card only describes the login on this host\nTo do: jumpHost: NAME OF THIS HOST in ${file}, and the cards again`;
}

function jumpOf(
  { jumpHost }: Pick<Roster, 'jumpHost'>,
  { jump }: Pick<LabOutputs, 'jump'>,
): JumpHost | undefined {
  if (!jumpHost || !jump) return undefined;
  return { host: jumpHost, ...jump };
}

/** Writes the card for a lab's state. Removes the old card if the lab is not up. */
export function cardOf(
  student: Student,
  snapshot: Snapshot | undefined,
  folder: CardFolder,
  roster: RosterOfCards,
): Written {
  const { id, name, lab } = student;
  const about = { id, name, lab: lab.stack };
  if (snapshot?.unreadable) throw snapshot.unreadable;
  if (!snapshot?.outputs) {
    const old = textIf(folder.remove(id), '; its old card is removed');
    return {
      ...about,
      problem: `the lab is not up${old}\nTo do: ./lab class up ${roster.file} --only ${id}`,
    };
  }
  const { outputs } = snapshot;
  const jump = jumpOf(roster, outputs);
  const file = folder.write(
    id,
    card({ student, outputs, expires: expiryIn(snapshot) || undefined, jump }),
  );
  const problem = lackOf(student, snapshot, roster);
  return { ...about, file, ...fieldsIf(problem, { problem }) };
}

async function written(
  engine: Pick<Engine, 'snapshot'>,
  student: Student,
  folder: CardFolder,
  roster: RosterOfCards,
): Promise<Written> {
  try {
    return cardOf(student, await engine.snapshot(student.lab.stack), folder, roster);
  } catch (error) {
    return {
      id: student.id,
      name: student.name,
      lab: student.lab.stack,
      problem: `no card: ${withCure(asFailure(error))}`,
    };
  }
}

function show(found: Written[]): void {
  print(
    columns([
      ['ID', 'STUDENT', 'LAB', 'CARD'],
      ...found.map(({ id, name, lab, file }) => [id, name, lab, file ?? '-']),
    ]),
  );
  for (const { id, lab, problem } of found) if (problem) print(`\n${id} (${lab}): ${problem}`);
  const count = found.filter(({ file }) => file).length;
  print(
    `\n${count} of ${found.length} cards are written. A card is a key to its lab: give it to its student only.`,
  );
}

/** Writes a page per student to a directory; returns the exit code: 0 if every student has one. */
export async function classCards(
  students: Student[],
  { out, json, roster }: CardsOptions,
): Promise<number> {
  if (!out)
    throw usage(
      'Missing directory for the cards.',
      '--out DIR, a directory that only you can read',
    );
  const folder = CardFolder.at(
    out,
    students.map(({ id }) => id),
  );
  const engine = await Engine.open(await classTools(students, roster));
  const found = await mapConcurrent(students, READ_AT_ONCE, (student) =>
    written(engine, student, folder, roster),
  );
  if (json) printJson(found);
  else show(found);
  return exitCodeOf(found.every(({ file }) => file));
}
