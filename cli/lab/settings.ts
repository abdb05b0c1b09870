import * as fs from 'node:fs';
import * as path from 'node:path';
import { parse, parseDocument } from 'yaml';
import {
  CONFIG_KEYS,
  type CloudName,
  ConfigError,
  defaultOf,
  parseConfig,
  type LabConfig,
} from '../../components/config';
import { writeAtomically } from '../../util/atomic-write';
import { textIf } from '../../util/optional';
import { root } from '../../util/repo-root';
import { usage } from '../errors';
import { labArgument, type LabRef } from './name';
import { projectName, stackFile, stacksDirectory } from '../engine';

/**
 * Config keys with their namespace (`hardway-lab:workers`) and their new values; `undefined`
 * restores the default.
 */
export type Settings = Map<string, string | undefined>;

/** Namespace of keys that the engine reads. */
const ENGINE = 'pulumi';

/** Namespaces of Pulumi's default providers. A lab has an explicit provider, which reads no config. */
const PROVIDERS: CloudName[] = ['aws', 'gcp'];

/** Returns the mistake of a key in the namespace of a provider, such as `aws:region`. */
function mistakeInProviderKey(cloud: CloudName, name: string): string {
  const own = CONFIG_KEYS.find((key) => key === name);
  return own && defaultOf(own, cloud) !== undefined
    ? `use the key ${own}`
    : 'no lab reads it: keys of this project need no namespace';
}

/**
 * Returns the mistake in the form of one `key=value`, or `undefined`. Unknown keys are reported by
 * `parseConfig`.
 */
export function mistakeIn(key: string, value: string): string | undefined {
  if (key === '') return 'not of the form KEY=VALUE';
  if (key === 'cloud') return "a lab's cloud is in its name, such as aws-s01";
  const [namespace, name] = key.split(':');
  const provider = PROVIDERS.find((one) => key.startsWith(`${one}:`));
  // An empty value removes a key that an earlier version accepted.
  if (provider && value.trim() !== '') return mistakeInProviderKey(provider, name);
  if (key.includes(':') && !provider && namespace !== ENGINE)
    return `there is no namespace "${namespace}": a key of this project needs none`;
  const second = CONFIG_KEYS.find((other) => new RegExp(`[ ,;]${other}=`).test(value));
  return second && `each key needs its own --set, also ${second}`;
}

/**
 * Parses the values of `--set`: `key=value`, lists with commas, `key=` for the default. Keys of the
 * project need no namespace; keys of the engine (`pulumi:tags`) do. Throws one usage Failure that lists
 * every mistake of form.
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
        `${key} is set twice, to ${before ?? 'its default'} and to ${wanted ?? 'its default'}.`,
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
      'correct the file, or remove it and set the config with --set',
    );
  }
}

/** Returns the initial config of a lab: the values of the tracked Pulumi.CLOUD.yaml. */
const seed = (lab: LabRef): Record<string, unknown> => ({
  ...readYaml(path.join(root, `Pulumi.${lab.cloud}.yaml`)),
  [`${projectName()}:cloud`]: lab.cloud,
});

function settled(lab: LabRef, settings: Settings): Record<string, unknown> {
  const file = stackFile(lab.stack);
  const kept = readYaml(file);
  // Plain pulumi creates files without a cloud: they hold no config of the user yet.
  const config = `${projectName()}:cloud` in kept ? kept : { ...seed(lab), ...kept };
  for (const [key, value] of settings) {
    if (value === undefined) delete config[key];
    else config[key] = value;
  }
  return config;
}

/**
 * Returns a lab's config with `settings` applied and validated. Throws a ConfigError that lists
 * every mistake.
 */
export function checkedConfig(lab: LabRef, settings: Settings = new Map()): LabConfig {
  const own = `${projectName()}:`;
  const raw = Object.entries(settled(lab, settings))
    .filter(([key]) => key.startsWith(own))
    .map(([key, value]) => [
      key.slice(own.length),
      typeof value === 'string' ? value : JSON.stringify(value),
    ]);
  return parseConfig(Object.fromEntries(raw));
}

/**
 * Does what `checkedConfig` does for one lab on a command line. Throws a usage Failure that says
 * what to type.
 */
export function labConfig(lab: LabRef, settings: Settings = new Map()): LabConfig {
  try {
    return checkedConfig(lab, settings);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    // Values that are not on the command line come from the lab's file.
    const file = stackFile(lab.stack);
    const kept = textIf(fs.existsSync(file), ` (other values come from ${file})`);
    throw usage(
      error.message,
      `./lab up${labArgument(lab)} --set KEY=VALUE with another value, or --set KEY= for the default${kept}`,
    );
  }
}

/**
 * Restores the config of a running lab that another state directory created on the same backend.
 * Without it, `up` would reset the lab to the defaults.
 */
export function adoptConfig(lab: LabRef, made?: { config: LabConfig }): void {
  if (!made || fs.existsSync(stackFile(lab.stack))) return;
  // Writes default values too: the defaults of this version may differ.
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

/** Writes a lab's config file. */
function placeConfig(file: string, content: string): void {
  fs.mkdirSync(stacksDirectory(), { recursive: true, mode: 0o700 });
  // Mode 0600: the file may hold encrypted values of the user.
  writeAtomically(file, content, 0o600);
}

/**
 * Writes settings to the lab's config file, which starts as a copy of the cloud's tracked file.
 * Keeps the engine's values (the salt). Returns whether anything changed.
 */
export function writeSettings(lab: LabRef, settings: Settings = new Map()): boolean {
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
 * Writes settings as `writeSettings` does and returns a function that restores the previous file:
 * for a run of the engine that fails before it changes anything. That function returns whether it
 * restored anything.
 */
export function trySettings(lab: LabRef, settings: Settings): () => boolean {
  const file = stackFile(lab.stack);
  const before = fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : undefined;
  const changed = writeSettings(lab, settings);
  return () => {
    if (!changed || before === undefined) return false;
    placeConfig(file, before);
    return true;
  };
}
