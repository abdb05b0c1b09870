import type { Tools } from '../../toolchain';
import { foundTools, installed } from '../actions/ensure-toolchain';
import { isAbsent } from '../engine';
import { EXIT, Failure } from '../errors';
import { joinNames } from '../../util/join-names';
import { textIf } from '../../util/optional';
import { plural } from '../../util/plural';
import type { Roster, Student } from './roster';

/** Roster of a command, for its messages. */
export type RosterOf = Pick<Roster, 'file' | 'students'>;

/**
 * Returns the Failure if none of these students has a lab. `undefined` if one may have a lab: only
 * an engine can ask a backend that the user chose.
 */
export function noLabs(
  students: Student[],
  { file, students: all }: RosterOf,
): Failure | undefined {
  if (!students.every(({ lab }) => isAbsent(lab.stack))) return undefined;
  const isPart = students.length < all.length;
  const ids = students.map(({ id }) => id);
  let message = `The class in ${file} has no labs yet.`;
  if (isPart) {
    const who = `${plural(ids.length, 'Student')} ${joinNames(ids)} of ${file}`;
    message = `${who} ${plural(ids.length, 'has no lab', 'have no labs')} yet.`;
  }
  const only = textIf(isPart, ` --only ${ids.join(',')}`);
  return new Failure(message, EXIT.failed, `./lab class up ${file}${only}`);
}

/**
 * Returns the programs for the labs of these students, without installing any. Throws a Failure if
 * one is missing: before the first `class up`, the class has no labs either.
 */
export async function classTools(students: Student[], roster: RosterOf): Promise<Tools> {
  const tools = await foundTools();
  const missing = tools ? undefined : noLabs(students, roster);
  if (missing) throw missing;
  return installed(`./lab setup, or ./lab class up ${roster.file}`);
}
