import * as fs from 'node:fs';
import * as path from 'node:path';
import { parse, parseDocument } from 'yaml';
import { CONFIG_KEYS, ConfigError, parseConfig, type LabConfig } from '../../components/config';
import { root } from '../../util/repo-root';
import { usage } from '../errors';
import { labArgument, type Lab } from './name';
import { projectName, stackFile, stacksDirectory } from '../engine/project';

/** Config keys with their namespace (`hardway-lab:workers`) and what they are set to; undefined: back to the default. */
export type Settings = Map<string, string | undefined>;

/** Namespaces of keys that others than this project read. */
const FOREIGN = ['aws', 'gcp', 'pulumi'];

/** What is wrong with the form of one `key=value`, or nothing. Whether there is such a key is the config's to tell. */
export function mistakeIn(key: string, value: string): string | undefined {
  if (key === '') return 'not of the form KEY=VALUE';
  if (key === 'cloud') return "a lab's cloud is in its name, such as aws-s01";
  const [namespace] = key.split(':', 1);
  if (key.includes(':') && !FOREIGN.includes(namespace))
    return `there is no namespace "${namespace}": a key of this project needs none`;
  const second = CONFIG_KEYS.find((other) => new RegExp(`[ ,;]${other}=`).test(value));
  return second && `each key needs a --set of its own, ${second} too`;
}

/**
 * Reads what `--set` was given: `key=value`, lists with commas, `key=` for the default again.
 * Keys of the project need no namespace; others (`aws:region`) do. Throws one usage Failure that lists every mistake of form.
 */
export function parseSettings(texts: string[]): Settings {
  const own = `${projectName()}:`;
  const settings: Settings = new Map();
  const mistakes: string[] = [];
  for (const text of texts) {
    const [, given = '', value = ''] = /^([^=]*)=(.*)$/s.exec(text) ?? [];
    const key = given.trim().startsWith(own) ? given.trim().slice(own.length) : given.trim();
    const [whole, wanted] = [key.includes(':') ? key : `${own}${key}`, value.trim() || undefined];
    const before = settings.get(whole);
    const mistake = mistakeIn(key, value);
    if (mistake) mistakes.push(`--set ${text}: ${mistake}`);
    else if (settings.has(whole) && before !== wanted)
      mistakes.push(
        `${key} is set twice, to ${before ?? 'its default'} and to ${wanted ?? 'its default'}: which is meant?`,
      );
    else settings.set(whole, wanted);
  }
  if (mistakes.length > 0)
    throw usage(
      mistakes.join('\n'),
      '--set KEY=VALUE; Pulumi.yaml lists every config key with its default',
    );
  return settings;
}

function readYaml(file: string): Record<string, unknown> {
  if (!fs.existsSync(file)) return {};
  try {
    return (
      (parse(fs.readFileSync(file, 'utf8')) as { config?: Record<string, unknown> } | null)
        ?.config ?? {}
    );
  } catch (error) {
    throw usage(
      `${file} is not YAML: ${(error as Error).message.split('\n')[0]}`,
      'correct it there, or remove the file and give the config by --set',
    );
  }
}

/** What a lab of this cloud starts from: the values of the tracked Pulumi.CLOUD.yaml. */
const seed = (lab: Lab): Record<string, unknown> => ({
  ...readYaml(path.join(root, `Pulumi.${lab.cloud}.yaml`)),
  [`${projectName()}:cloud`]: lab.cloud,
});

function settled(lab: Lab, settings: Settings): Record<string, unknown> {
  const file = stackFile(lab.stack);
  const kept = readYaml(file);
  // A file that plain pulumi made has no cloud: nobody has given it any config yet.
  const config = `${projectName()}:cloud` in kept ? kept : { ...seed(lab), ...kept };
  for (const [key, value] of settings) {
    if (value === undefined) delete config[key];
    else config[key] = value;
  }
  return config;
}

/** A lab's config with `settings` put in, checked. Throws a ConfigError with every mistake in it. */
export function checkedConfig(lab: Lab, settings: Settings = new Map()): LabConfig {
  const own = `${projectName()}:`;
  const raw = Object.entries(settled(lab, settings))
    .filter(([key]) => key.startsWith(own))
    .map(([key, value]) => [
      key.slice(own.length),
      typeof value === 'string' ? value : JSON.stringify(value),
    ]);
  return parseConfig(Object.fromEntries(raw));
}

/** The same for one lab on a command line: throws a usage Failure that says what to type. */
export function labConfig(lab: Lab, settings: Settings = new Map()): LabConfig {
  try {
    return checkedConfig(lab, settings);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    // What isn't on the command line is in the lab's own file.
    const file = stackFile(lab.stack);
    const kept = fs.existsSync(file) ? ` (what is not given is taken from ${file})` : '';
    throw usage(
      error.message,
      `./lab up${labArgument(lab)} --set KEY=VALUE with another value, or --set KEY= for the default${kept}`,
    );
  }
}

/**
 * Where this state directory has no config of a lab that is up, as it was made from another one on the same backend: keeps
 * the one that the lab was made with. Else it would be changed to the defaults.
 */
export function adoptConfig(lab: Lab, made?: { config: LabConfig }): void {
  if (!made || fs.existsSync(stackFile(lab.stack))) return;
  // All of it, also what is the default today: the defaults here may be others.
  writeSettings(
    lab,
    new Map(
      CONFIG_KEYS.map((key) => [
        `${projectName()}:${key}`,
        String(made.config[key] ?? '') || undefined,
      ]),
    ),
  );
}

/** Replaces a lab's config file whole. */
function placeConfig(file: string, content: string): void {
  fs.mkdirSync(stacksDirectory(), { recursive: true, mode: 0o700 });
  const scratch = `${file}.${process.pid}`;
  // 0600: it may hold encrypted values of the user's own.
  fs.writeFileSync(scratch, content, { mode: 0o600 });
  fs.renameSync(scratch, file);
}

/**
 * Puts settings into the lab's own file, which starts as a copy of the cloud's tracked one.
 * Keeps what the engine stores there (the salt). Returns whether anything changed.
 */
export function writeSettings(lab: Lab, settings: Settings = new Map()): boolean {
  const file = stackFile(lab.stack);
  const before = fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : undefined;
  const document = parseDocument(before ?? '');
  document.contents ??= document.createNode({}) as never;
  document.set('config', document.createNode(settled(lab, settings)));
  const after = document.toString({ lineWidth: 0 });
  if (after === before) return false;
  placeConfig(file, after);
  return true;
}

/**
 * Writes settings as `writeSettings` does, and returns a function that takes them back: for a run of the engine that fails
 * before it has changed anything. That function returns whether there was anything to take back.
 */
export function trySettings(lab: Lab, settings: Settings): () => boolean {
  const file = stackFile(lab.stack);
  const before = fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : undefined;
  const changed = writeSettings(lab, settings);
  return () => {
    if (!changed || before === undefined) return false;
    placeConfig(file, before);
    return true;
  };
}
