import {
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  type YAMLMap,
} from 'yaml';
import {
  CLOUDS,
  type CloudName,
  CONFIG_KEYS,
  ConfigError,
  defaultOf,
} from '../../../components/config';
import { fieldsIf, itemsIf, textIf } from '../../../util/optional';
import { nearest } from '../../../util/suggest';
import { Failure } from '../../errors';
import { checkId, checkLength, isStackName, type LabRef } from '../../lab/name';
import { projectName } from '../../engine';
import { pastExpiry } from '../../lab/expiry';
import { checkedConfig, mistakeIn, type Settings } from '../../lab/settings';
import { joinNames } from '../../../util/join-names';

const KEYS = ['defaults', 'jumpHost', 'students'];
const DEFAULTS = ['cloud', 'config'];
const STUDENT = ['id', 'name', 'cloud', 'config'];

/** One student, who has one lab. */
export interface Student {
  id: string;
  /** Name to show; the id if the roster has no name. */
  name: string;
  lab: LabRef;
  /** Config of the lab in the roster, including the class's defaults. */
  settings: Settings;
}

export interface Roster {
  file: string;
  /** Name or address of the host on students' networks. */
  jumpHost?: string;
  students: Student[];
}

export interface RosterOptions {
  /** Whether labs are going to be created, so that an expiry in the past is a mistake. */
  creates?: boolean;
}

/** A config value and its YAML node, which has the line. */
interface Given {
  value: string | undefined;
  node: Node;
}

/** Returns whether a key has no value or does not exist. */
const isNothing = (node: unknown): boolean =>
  node === undefined || (isScalar(node) && node.value === null);

/** Returns a part of the document as a node; `undefined` if it is missing. */
function nodeOf(part: unknown): Node | undefined {
  if (isNode(part)) return part;
  return undefined;
}

/** Returns a key as text; `undefined` if the key is a list or a mapping. */
function textOfKey(key: unknown): string | undefined {
  if (!isScalar(key)) return undefined;
  return String(key.value);
}

/** Returns a scalar as it is written; `undefined` for a list or a mapping. */
function textOfScalar(node: unknown): string | undefined {
  if (!isScalar(node)) return undefined;
  if (typeof node.value === 'string') return node.value.trim();
  return (node.source ?? String(node.value)).trim();
}

/** Parses the text of one roster and collects its mistakes. */
export class RosterReader {
  private readonly lines = new LineCounter();
  /** Namespace of this project's config keys. */
  private readonly own = `${projectName()}:`;
  readonly mistakes: { line: number; text: string }[] = [];

  constructor(
    private readonly text: string,
    private readonly options: RosterOptions = {},
  ) {}

  read(): Omit<Roster, 'file'> {
    const document = parseDocument(this.text, { lineCounter: this.lines });
    // Later syntax errors mostly follow from the first.
    for (const error of document.errors.slice(0, 1))
      this.mistakes.push({
        line: error.linePos?.[0].line ?? 1,
        text: `not YAML: ${error.message.split(/ at line \d/)[0]}`,
      });
    if (document.errors.length > 0) return { students: [] };
    if (!isMap(document.contents)) return this.nothing(document.contents);
    const keys = this.keysOf(document.contents, KEYS, 'of a roster');
    const defaults = this.mapAt(keys.get('defaults'), DEFAULTS, 'of defaults');
    const cloud = this.cloudAt(defaults.get('cloud')) ?? 'local';
    const config = this.configAt(defaults.get('config'));
    const jumpHost = this.textAt(
      keys.get('jumpHost'),
      'jumpHost',
      /^[a-zA-Z0-9]([a-zA-Z0-9.:-]*[a-zA-Z0-9])?$/,
      "a host's name or address",
    );
    return {
      ...fieldsIf(jumpHost, { jumpHost }),
      students: this.studentsAt(keys.get('students'), cloud, config),
    };
  }

  private nothing(contents: unknown): Omit<Roster, 'file'> {
    this.mistake(contents, 'there is no "students:" with a line "- id: s01" for each');
    return { students: [] };
  }

  /** Returns the line of a node, from 1. A missing node counts as the first line. */
  private lineOf(node: unknown): number {
    if (!isNode(node)) return 1;
    return Math.max(1, this.lines.linePos(node.range?.[0] ?? 0).line);
  }

  private mistake(node: unknown, text: string): void {
    const mistake = { line: this.lineOf(node), text };
    // A mistake in the defaults appears for every student.
    if (!this.mistakes.some((known) => known.line === mistake.line && known.text === text))
      this.mistakes.push(mistake);
  }

  /** Returns the values of a mapping by key. Unknown keys are mistakes. */
  private keysOf(
    map: YAMLMap,
    known: readonly string[],
    of: string,
  ): Map<string, Node | undefined> {
    const found = new Map<string, Node | undefined>();
    for (const { key, value } of map.items as Pair[]) {
      const name = textOfKey(key) ?? '?';
      if (known.includes(name)) found.set(name, nodeOf(value));
      else
        this.mistake(
          key,
          `there is no key "${name}" ${of}${nearest(name, known) || `: there are ${known.join(', ')}`}`,
        );
    }
    return found;
  }

  private mapAt(
    node: Node | undefined,
    known: readonly string[],
    of: string,
  ): Map<string, Node | undefined> {
    if (isMap(node)) return this.keysOf(node, known, of);
    if (!isNothing(node))
      this.mistake(node, `expected ${joinNames(known.map((key) => `"${key}: …"`))} ${of}`);
    return new Map();
  }

  /** Returns a scalar as text: `id: 007` is not a number. */
  private textAt(
    node: Node | undefined,
    key: string,
    form: RegExp,
    what: string,
  ): string | undefined {
    if (isNothing(node)) return undefined;
    const text = textOfScalar(node);
    if (text === undefined) this.mistake(node, `${key} is a list or a mapping, not ${what}`);
    else if (form.test(text)) return text;
    else this.mistake(node, `${key} is "${text}", not ${what}`);
    return undefined;
  }

  private cloudAt(node: Node | undefined): CloudName | undefined {
    const text = this.textAt(node, 'cloud', /^/, `one of ${CLOUDS.join(', ')}`);
    if (text === undefined || (CLOUDS as readonly string[]).includes(text))
      return text as CloudName | undefined;
    this.mistake(
      node,
      `cloud is "${text}", not one of ${CLOUDS.join(', ')}${nearest(text, CLOUDS)}`,
    );
    return undefined;
  }

  /** Returns config keys with their namespace, in the form of --set. */
  private configAt(node: Node | undefined): Map<string, Given> {
    const found = new Map<string, Given>();
    if (!isMap(node)) {
      if (!isNothing(node)) this.mistake(node, 'config is not of the form "config: {workers: 2}"');
      return found;
    }
    for (const { key, value } of node.items as Pair[]) {
      const name = (textOfKey(key) ?? '').replace(new RegExp(`^${this.own}`), '');
      const text = this.valueOf(value, name);
      const mistake = mistakeIn(name, text ?? '');
      if (name === 'cloud') this.mistake(key, 'cloud stands beside config, not in it');
      else if (mistake) this.mistake(key, `${name}: ${mistake}`);
      else found.set(this.withNamespace(name), { value: text || undefined, node: key as Node });
    }
    return found;
  }

  private withNamespace(key: string): string {
    if (key.includes(':')) return key;
    return `${this.own}${key}`;
  }

  private valueOf(value: unknown, key: string): string | undefined {
    if (isSeq(value)) return value.items.map((item) => this.valueOf(item, key) ?? '').join(',');
    return this.textAt(nodeOf(value), key, /^/, 'one value or a list of some');
  }

  private studentsAt(
    node: Node | undefined,
    cloud: CloudName,
    defaults: Map<string, Given>,
  ): Student[] {
    if (!isSeq(node) || node.items.length === 0) {
      const isEmpty = isNothing(node) || isSeq(node);
      if (isEmpty)
        this.mistake(node, 'there are no students: "students:" with a line "- id: s01" for each');
      else this.mistake(node, 'students is not a list: a line "- id: s01" for each');
      return [];
    }
    const lines = new Map<string, number>();
    return node.items.flatMap((item) => this.studentAt(item, cloud, defaults, lines) ?? []);
  }

  private studentAt(
    node: unknown,
    usual: CloudName,
    defaults: Map<string, Given>,
    lines: Map<string, number>,
  ): Student | undefined {
    if (!isMap(node)) return void this.mistake(node, 'a student is not of the form "- id: s01"');
    const keys = this.keysOf(node, STUDENT, 'of a student');
    const id = this.idAt(keys.get('id'), node, lines);
    const name = this.textAt(keys.get('name'), 'name', /^[^\p{C}]+$/u, 'one line of text');
    const cloud = this.cloudAt(keys.get('cloud')) ?? usual;
    const own = this.configAt(keys.get('config'));
    if (id === undefined) return undefined;
    const lab: LabRef = { stack: `${cloud}-${id}`, cloud };
    const given = new Map([...this.forCloud(defaults, cloud), ...own]);
    const tag: [string, string][] = itemsIf(cloud !== 'local', [`${this.own}student`, id]);
    const settings: Settings = new Map([
      ...tag,
      ...[...given].map(([key, { value }]): [string, string | undefined] => [key, value]),
    ]);
    this.checkConfig(lab, settings, given, node);
    return { id, name: name ?? id, lab, settings };
  }

  /** Selects the defaults that apply to a cloud: a class may use several. */
  private forCloud(defaults: Map<string, Given>, cloud: CloudName): [string, Given][] {
    const isUnused = (key: string): boolean =>
      CONFIG_KEYS.some(
        (known) => `${this.own}${known}` === key && defaultOf(known, cloud) === undefined,
      );
    return [...defaults].filter(([key]) => !isUnused(key));
  }

  private idAt(
    node: Node | undefined,
    student: Node,
    lines: Map<string, number>,
  ): string | undefined {
    const id = this.textAt(node, 'id', /^/, 'an id such as s01');
    if (!id) return void this.mistake(student, 'a student without an id: - id: s01');
    const wrong = wrongWithId(id);
    if (wrong) return void this.mistake(node, wrong);
    const first = lines.get(id);
    if (first !== undefined)
      return void this.mistake(node, `there is an "${id}" in line ${first} already`);
    lines.set(id, this.lines.linePos(node?.range?.[0] ?? 0).line);
    return id;
  }

  /** Validates a student's config. Each mistake is reported at the line of its key. */
  private checkConfig(
    lab: LabRef,
    settings: Settings,
    given: Map<string, Given>,
    student: Node,
  ): void {
    try {
      const { expires } = checkedConfig(lab, settings);
      const mistake = this.options.creates && pastExpiry(expires);
      if (mistake) this.mistake(given.get(`${this.own}expires`)?.node ?? student, mistake);
    } catch (error) {
      if (error instanceof ConfigError) {
        for (const mistake of error.mistakes) {
          const [, value] =
            [...given].find(([key]) =>
              new RegExp(`(^|")${key.split(':').pop()}\\b`).test(mistake),
            ) ?? [];
          this.mistake(value?.node ?? student, mistake);
        }
      } else if (error instanceof Failure) this.mistake(student, error.message);
      else throw error;
    }
  }
}

function wrongWithId(id: string): string | undefined {
  if (isStackName(id))
    return `"${id}" is not a student's id: the cloud has its own key, so id: s01, cloud: ${id.split('-')[0]}`;
  try {
    checkId(id);
    // `local-` is the longest prefix of all clouds.
    checkLength(`local-${id}`, id);
    return undefined;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return `${error.message.replace(/\.$/, '')}${textIf(error.cure, ` (${error.cure})`)}`;
  }
}
