import * as fs from 'node:fs';
import * as path from 'node:path';
import type * as Yaml from 'yaml';
import type * as Zod from 'zod';
import { checks } from '../../checks';
import { reaches, STAGES } from '../../components/config';
import { readIfExists } from '../../util/existing-files';
import { listOf } from '../../util/optional';
import { counted } from '../../util/plural';
import { root } from '../../util/repo-root';
import { nearest } from '../../util/suggest';
import { type Failure, usage } from '../errors';
import type { Drill, Script } from './drill';

/** Directory of the drills. */
const DRILLS = path.join(root, 'drills');

const TUTORIAL = path.join(root, 'docs/tutorial');

const SHEBANG = '#!/usr/bin/env bash';

/** Mistake in a drill: the file below the drills' directory, the key if one is wrong, and the problem. */
export interface DrillMistake {
  file: string;
  key?: string;
  text: string;
}

const formatMistake = ({ file, key, text }: DrillMistake): string =>
  [file, ...listOf(key), text].join(': ');

const SCRIPTS = ['break', 'solve', 'wrong', 'clean'] as const;

/** Matches commands that change something. */
const CHANGES =
  /(^|\s)(add|attach|del|delete|mv|replace|restart|scale|sed -i|set|start|stop|-[ADFIw])(\s|$)/;

/** Scripts that a drill can do without. */
const OPTIONAL: readonly string[] = ['wrong', 'clean'];

const chapters = (): string[] =>
  fs
    .readdirSync(TUTORIAL)
    .filter((file) => /^\d\d-/.test(file))
    .map((file) => file.replace(/\.md$/, ''));

/** Builds the schema of the front matter. zod loads slowly, so only commands about drills load it. */
function frontMatter() {
  const { z } = require('zod') as typeof Zod;
  const line = z.string().trim().min(1).max(100).regex(/^.*$/, 'expected one line');
  const place = z
    .string()
    .regex(
      /^(router|controller-\d|worker-[0-8])$/,
      'expected "router", or a node such as "worker-0" or "controller-0"',
    );
  const places = z.union([place, z.array(place).min(1)], {
    error: 'expected "router", a node such as "worker-0", or a list of them',
  });
  const ids = checks.map(({ id }) => id);
  const check = z.string().superRefine((id, context) => {
    if (!ids.includes(id))
      context.addIssue(`no check is called "${id}"${nearest(id, ids)}; see ./lab verify --list`);
  });
  return z.strictObject({
    title: line,
    cause: line.regex(/[^.]$/, 'leave out the full stop'),
    chapter: z.enum(chapters() as [string, ...string[]]),
    stage: z.enum(STAGES),
    workers: z.int().min(1).max(9),
    minutes: z.int().min(1).max(60),
    break: places,
    solve: places,
    wrong: places.optional(),
    clean: places.optional(),
    fails: z.array(check).min(1),
    may: z.array(check).optional(),
    hints: z.array(z.string().trim().min(1)).min(1),
  });
}

type FrontMatter = Zod.infer<ReturnType<typeof frontMatter>>;

/** Splits a Markdown file into its front matter and the text below it. */
function split(text: string): { head: string; body: string } | undefined {
  const [, head, body] = /^---\n(.*?)\n---\n(.*)$/s.exec(text) ?? [];
  if (head === undefined) return undefined;
  return { head, body: body.trim() };
}

/** Returns the right elements of a list with wrong ones, or `undefined` if the value is wrong as a whole. */
function rightElements(value: unknown, issues: { path: PropertyKey[] }[]): unknown[] | undefined {
  if (!Array.isArray(value) || issues.some(({ path: at }) => at.length === 0)) return undefined;
  return value.filter((_, index) => !issues.some(({ path: at }) => at[0] === index));
}

/** Reader of one drill's folder, which collects all mistakes. */
class DrillReader {
  readonly mistakes: DrillMistake[] = [];

  constructor(
    private readonly directory: string,
    private readonly name: string,
  ) {}

  read(): Drill | undefined {
    if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(this.name) || this.name.length > 30)
      this.mistake(
        '',
        'name the folder with at most 30 lower-case letters, digits and single hyphens',
      );
    const parts = this.readText('drill.md');
    const sections = parts === undefined ? undefined : split(parts);
    if (parts !== undefined && !sections)
      this.mistake('drill.md', 'expected front matter between two lines "---", then the symptom');
    if (sections?.body === '')
      this.mistake('drill.md', 'expected the symptom below the front matter');
    const head = sections && this.parse(sections.head);
    const scripts = this.readScripts(head);
    if (!sections || this.mistakes.length > 0) return undefined;
    const { break: _b, solve: _s, wrong: _w, clean: _c, ...rest } = head as FrontMatter;
    return {
      name: this.name,
      ...rest,
      ...scripts,
      symptom: sections.body,
      objects: this.readOptional('objects.yaml'),
    } as Drill;
  }

  private mistake(file: string, text: string, key?: string): void {
    this.mistakes.push({ file: path.join(this.name, file), key, text });
  }

  private readOptional(file: string): string | undefined {
    return readIfExists(path.join(this.directory, this.name, file));
  }

  private readText(file: string): string | undefined {
    const text = this.readOptional(file);
    if (text === undefined) this.mistake(file, 'the file does not exist');
    return text;
  }

  /**
   * Reads the keys of the front matter. The result lacks wrong values, which are mistakes.
   * Returns `undefined` if the front matter has no keys.
   */
  private parse(head: string): Partial<FrontMatter> | undefined {
    const { parse } = require('yaml') as typeof Yaml;
    let value: unknown;
    try {
      value = parse(head);
    } catch (error) {
      return void this.mistake('drill.md', `not YAML: ${(error as Error).message.split('\n')[0]}`);
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return void this.mistake('drill.md', 'expected keys with values between the lines "---"');
    const values = new Map(Object.entries(value));
    const { shape } = frontMatter();
    const read: Record<string, unknown> = {};
    for (const [key, schema] of Object.entries(shape)) {
      const result = schema.safeParse(values.get(key));
      const issues = result.error?.issues ?? [];
      read[key] = result.data ?? rightElements(values.get(key), issues);
      for (const { message, path: at } of issues) {
        if (values.has(key)) this.mistake('drill.md', message, [key, ...at].join('.'));
        else this.mistake('drill.md', 'the key is missing', key);
      }
    }
    for (const key of values.keys()) if (!(key in shape)) this.unknownKey(key);
    this.compare(read);
    return read;
  }

  private unknownKey(key: string): void {
    const known = Object.keys(frontMatter().shape);
    const hint = nearest(key, known) || `: there are ${known.join(', ')}`;
    this.mistake('drill.md', `no such key${hint}`, key);
  }

  /** Compares keys that depend on each other, as far as they are right. */
  private compare({ stage, workers, fails = [], may = [], ...head }: Partial<FrontMatter>): void {
    for (const id of fails) {
      const check = checks.find((one) => one.id === id)!;
      if (stage && !reaches(stage, check.stage))
        this.mistake('drill.md', `the check ${id} needs the stage ${check.stage}`, 'stage');
      if (workers !== undefined && workers < check.workers)
        this.mistake('drill.md', `the check ${id} needs ${check.workers} workers`, 'workers');
    }
    const listed = [...fails, ...may];
    if (new Set(listed).size < listed.length)
      this.mistake('drill.md', 'a check is listed twice', 'fails');
    if (workers === undefined) return;
    for (const kind of SCRIPTS)
      for (const place of [head[kind] ?? []].flat())
        if (place.startsWith('worker-') && Number(place.slice(7)) >= workers)
          this.mistake('drill.md', `${place} does not exist in a lab of ${workers}`, kind);
  }

  private readScripts(head: Partial<FrontMatter> | undefined): Partial<Record<string, Script>> {
    const scripts: Partial<Record<string, Script>> = {};
    for (const kind of SCRIPTS) {
      const file = `${kind}.sh`;
      const text = this.readOptional(file);
      const isDeclared = head?.[kind] !== undefined || !OPTIONAL.includes(kind);
      if (text === undefined && isDeclared) this.mistake(file, 'the file does not exist');
      if (text === undefined) continue;
      const hasWrongPlace = this.mistakes.some(({ key }) => key?.split('.')[0] === kind);
      if (head && !isDeclared && !hasWrongPlace)
        this.mistake('drill.md', `expected the place of ${file}`, kind);
      this.compareScript(file, text);
      if (kind === 'solve') this.refuseSolvingHints(text, head?.hints ?? []);
      const places = [head?.[kind] ?? []].flat();
      scripts[kind] = { places, text };
    }
    return scripts;
  }

  /** Compares the text and the mode of a script with the rules for scripts. */
  private compareScript(file: string, text: string): void {
    const { mode } = fs.statSync(path.join(this.directory, this.name, file));
    if ((mode & 0o100) === 0) this.mistake(file, 'not executable: chmod +x');
    if (!text.startsWith(`${SHEBANG}\n`)) this.mistake(file, `expected ${SHEBANG} as line 1`);
    if (typedLines(text).length === 0) this.mistake(file, 'expected a command');
    // A terminal completes the word before a tab.
    if (text.includes('\t')) this.mistake(file, 'replace tabs by spaces');
  }

  /** Refuses hints that contain a command of the solution. Commands that only look are allowed. */
  private refuseSolvingHints(solve: string, hints: string[]): void {
    const commands = typedLines(solve).map((line) => line.trim().replace(/^sudo /, ''));
    hints.forEach((hint, index) => {
      const given = commands.find((command) => CHANGES.test(command) && hint.includes(command));
      if (given)
        this.mistake('drill.md', `the hint contains "${given}" of solve.sh`, `hints.${index}`);
    });
  }
}

/** Lines of a script that a person would type: without the shebang, comments for shellcheck and empty lines. */
export const typedLines = (text: string): string[] =>
  text
    .split('\n')
    .filter(
      (line) => line.trim() !== '' && !line.startsWith('#!') && !/^\s*# shellcheck /.test(line),
    );

/** Drills without a mistake, in the order of their chapters, and the mistakes of all others. */
export interface ReadDrills {
  drills: Drill[];
  mistakes: DrillMistake[];
}

/** Reads all drills of a directory. */
export function readDrills(directory = DRILLS): ReadDrills {
  const names = fs
    .readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
  const readers = names.map((name) => new DrillReader(directory, name));
  const drills = readers.flatMap((reader) => reader.read() ?? []);
  return {
    drills: drills.sort(
      (one, other) =>
        one.chapter.localeCompare(other.chapter) ||
        one.minutes - other.minutes ||
        one.name.localeCompare(other.name),
    ),
    mistakes: readers.flatMap(({ mistakes }) => mistakes),
  };
}

/** Returns the Failure that lists mistakes. */
export const mistaken = (mistakes: DrillMistake[]): Failure =>
  usage(
    `${counted(mistakes.length, 'mistake')} in drills:\n${mistakes
      .map((mistake) => `  drills/${formatMistake(mistake)}`)
      .join('\n')}`,
    'correct these files; docs/guides/drills.md describes them',
  );

/** Returns all drills. Throws a usage Failure that lists every mistake. */
export function allDrills(directory?: string): Drill[] {
  const { drills, mistakes } = readDrills(directory);
  if (mistakes.length === 0) return drills;
  throw mistaken(mistakes);
}

const drillWith = ({ file }: DrillMistake): string => file.split('/')[0];

/** Returns the names of all folders of drills, also of those with a mistake. */
export const drillNames = ({ drills, mistakes }: ReadDrills): string[] => [
  ...new Set([...drills.map(({ name }) => name), ...mistakes.map(drillWith)]),
];

/**
 * Returns the drill of this name. Throws a usage Failure with its mistakes, or with the nearest
 * name. Mistakes in other drills do not matter.
 */
export function findDrill(name: string, read = readDrills()): Drill {
  const found = read.drills.find((drill) => drill.name === name);
  if (found) return found;
  const mistakes = read.mistakes.filter((mistake) => drillWith(mistake) === name);
  if (mistakes.length > 0) throw mistaken(mistakes);
  throw usage(`There is no drill "${name}"${nearest(name, drillNames(read))}.`, './lab drill list');
}
