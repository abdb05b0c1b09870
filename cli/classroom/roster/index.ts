import * as fs from 'node:fs';
import { plural } from '../../../util/plural';
import { nearest } from '../../../util/suggest';
import { usage } from '../../errors';
import { type Roster, RosterReader, type RosterOptions, type Student } from './reader';
import { utf8Text } from './utf8';

export type { Roster, RosterOptions, Student } from './reader';

/** Reads a roster. Throws one usage Failure that lists every mistake with its line. */
export function readRoster(file: string, options: RosterOptions = {}): Roster {
  let bytes: Buffer;
  try {
    bytes = fs.readFileSync(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const cure = 'give the file that lists the students, such as examples/students.yaml';
    if (code === 'ENOENT') throw usage(`Roster ${file} does not exist.`, cure);
    throw usage(`${file} can't be read: ${code}.`, cure);
  }
  const decoded = utf8Text(bytes);
  if ('wrongLine' in decoded)
    throw usage(
      `Line ${decoded.wrongLine} of the roster ${file} is not UTF-8; nothing was done.`,
      'save the file as UTF-8 in the editor, then the same command again',
    );
  const reader = new RosterReader(decoded.text, options);
  const roster = reader.read();
  const mistakes = reader.mistakes.sort((a, b) => a.line - b.line);
  if (mistakes.length === 0) return { file, ...roster };
  const head = plural(mistakes.length, 'One mistake', `${mistakes.length} mistakes`);
  throw usage(
    `${head} in the roster ${file}; nothing was changed:\n${mistakes.map(({ line, text: what }) => `  - line ${line}: ${what}`).join('\n')}`,
    'correct the file, then run the same command again; examples/students.yaml is a complete example',
  );
}

/**
 * Returns the students with these ids in the roster's order, or all students without ids. Throws a
 * usage Failure that lists every unknown id.
 */
export function chosen({ file, students }: Roster, only: string[] | undefined): Student[] {
  if (only === undefined) return students;
  if (only.length === 0) throw usage('--only names no student.', '--only s01,s02');
  const ids = students.map(({ id }) => id);
  const unknown = [...new Set(only)].filter((id) => !ids.includes(id));
  if (unknown.length > 0)
    throw usage(
      unknown
        .map((id) => `No student in ${file} has the id "${id}"${nearest(id, ids)}.`)
        .join('\n'),
      `--only with some of ${ids.join(', ')}`,
    );
  return students.filter(({ id }) => only.includes(id));
}
