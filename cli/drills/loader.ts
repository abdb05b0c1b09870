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
import { unable, usage } from '../errors';
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
      /^(router|(controller|worker)-\d)$/,
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
    cause: line,
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
    if (!sections || !head || this.mistakes.length > 0) return undefined;
    const { break: _b, solve: _s, wrong: _w, clean: _c, ...rest } = head;
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

  private parse(head: string): FrontMatter | undefined {
    const { parse } = require('yaml') as typeof Yaml;
    let value: unknown;
    try {
      value = parse(head);
    } catch (error) {
      return void this.mistake('drill.md', `not YAML: ${(error as Error).message.split('\n')[0]}`);
    }
    const result = frontMatter().safeParse(value);
    if (result.success) {
      this.compare(result.data);
      return result.data;
    }
    for (const issue of result.error.issues) {
      if (issue.code === 'unrecognized_keys') issue.keys.forEach((key) => this.unknownKey(key));
      else this.mistake('drill.md', issue.message, issue.path.join('.'));
    }
    return undefined;
  }

  private unknownKey(key: string): void {
    const known = Object.keys(frontMatter().shape);
    const hint = nearest(key, known) || `: there are ${known.join(', ')}`;
    this.mistake('drill.md', `no such key${hint}`, key);
  }

  /** Compares keys that depend on each other. */
  private compare(head: FrontMatter): void {
    for (const id of head.fails) {
      const { stage, workers } = checks.find((check) => check.id === id)!;
      if (!reaches(head.stage, stage))
        this.mistake('drill.md', `the check ${id} needs the stage ${stage}`, 'stage');
      if (head.workers < workers)
        this.mistake('drill.md', `the check ${id} needs ${workers} workers`, 'workers');
    }
    const listed = [...head.fails, ...(head.may ?? [])];
    if (new Set(listed).size < listed.length)
      this.mistake('drill.md', 'a check is listed twice', 'fails');
    for (const kind of SCRIPTS)
      for (const place of [head[kind] ?? []].flat())
        if (place.startsWith('worker-') && Number(place.slice(7)) >= head.workers)
          this.mistake('drill.md', `${place} does not exist in a lab of ${head.workers}`, kind);
  }

  private readScripts(head: FrontMatter | undefined): Partial<Record<string, Script>> {
    const scripts: Partial<Record<string, Script>> = {};
    for (const kind of SCRIPTS) {
      const file = `${kind}.sh`;
      const text = this.readOptional(file);
      const isDeclared = head?.[kind] !== undefined || !OPTIONAL.includes(kind);
      if (text === undefined && isDeclared) this.mistake(file, 'the file does not exist');
      if (text !== undefined && head && !isDeclared)
        this.mistake('drill.md', `expected the place of ${file}`, kind);
      if (text === undefined) continue;
      if (!text.startsWith(`${SHEBANG}\n`)) this.mistake(file, `expected ${SHEBANG} as line 1`);
      if (typedLines(text).length === 0) this.mistake(file, 'expected a command');
      // A terminal completes the word before a tab.
      if (text.includes('\t')) this.mistake(file, 'replace tabs by spaces');
      if (kind === 'solve' && head) this.refuseSolvingHints(text, head.hints);
      const places = [head?.[kind] ?? []].flat();
      scripts[kind] = { places, text };
    }
    return scripts;
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

/** Reads all drills of a directory; returns them in the order of their chapters, and all mistakes. */
export function readDrills(directory = DRILLS): { drills: Drill[]; mistakes: DrillMistake[] } {
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

/** Returns all drills. Throws a Failure that lists every mistake. */
export function allDrills(directory?: string): Drill[] {
  const { drills, mistakes } = readDrills(directory);
  if (mistakes.length === 0) return drills;
  throw unable(
    `${counted(mistakes.length, 'mistake')} in drills:\n${mistakes
      .map((mistake) => `  drills/${formatMistake(mistake)}`)
      .join('\n')}`,
    'repair these files; docs/guides/drills.md describes them',
  );
}

/** Returns the drill of this name. Throws a usage Failure with the nearest name. */
export function findDrill(name: string, drills = allDrills()): Drill {
  const found = drills.find((drill) => drill.name === name);
  if (found) return found;
  const names = drills.map((drill) => drill.name);
  throw usage(`There is no drill "${name}"${nearest(name, names)}.`, './lab drill list');
}
