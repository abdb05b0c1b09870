import * as fs from 'node:fs';
import { nearest } from '../../../util/suggest';
import { usage } from '../../errors';
import type { Lab } from '../../lab/name';
import type { Settings } from '../../lab/settings';
import { RosterReader } from './reader';
import { utf8Text } from './utf8';

/** One student, who has one lab. */
export interface Student {
  id: string;
  /** As it is to be shown; the id where the roster has none. */
  name: string;
  lab: Lab;
  /** What the roster says of the lab's config, the class's defaults included. */
  settings: Settings;
}

export interface Roster {
  file: string;
  /** How students call this machine from elsewhere. */
  jumpHost?: string;
  students: Student[];
}

/** Reads a roster. Throws one usage Failure that names every mistake with its line. */
export function readRoster(file: string): Roster {
  let bytes: Buffer;
  try {
    bytes = fs.readFileSync(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw usage(
      code === 'ENOENT' ? `There is no roster ${file}.` : `${file} can't be read: ${code}.`,
      'give the file that lists the students; examples/students.yaml is one',
    );
  }
  const decoded = utf8Text(bytes);
  if ('wrongLine' in decoded)
    throw usage(
      `Line ${decoded.wrongLine} of the roster ${file} is not UTF-8; nothing was done.`,
      'save the file as UTF-8 in the editor, then the same command again',
    );
  const reader = new RosterReader(decoded.text);
  const roster = reader.read();
  const mistakes = reader.mistakes.sort((a, b) => a.line - b.line);
  if (mistakes.length === 0) return { file, ...roster };
  const head = mistakes.length === 1 ? 'One mistake' : `${mistakes.length} mistakes`;
  throw usage(
    `${head} in the roster ${file}; nothing was done:\n${mistakes.map(({ line, text: what }) => `  - line ${line}: ${what}`).join('\n')}`,
    'correct the file, then the same command again; examples/students.yaml is a whole one',
  );
}

/** The students with these ids, in the roster's order; all where none is named. Throws a usage Failure that names every id that is nobody's. */
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
