import * as fs from 'node:fs';
import * as path from 'node:path';
import { parse, parseDocument } from 'yaml';
import { CONFIG_KEYS, ConfigError, parseConfig, type LabConfig } from '../components/config';
import { root } from '../components/root';
import { usage } from './failure';
import type { Lab } from './names';
import { nearest } from './nearest';
import { projectName, stackFile, stacksDirectory } from './project';

/** Config keys with their namespace (`hardway-lab:workers`) and what they are set to; undefined: back to the default. */
export type Settings = Map<string, string | undefined>;

/**
 * Reads what `--set` was given: `key=value`, lists with commas, `key=` for the default again.
 * Keys of the project need no namespace; others (`aws:region`) do. Throws one usage Failure that lists every mistake.
 */
export function parseSettings(texts: string[]): Settings {
  const own = `${projectName()}:`;
  const settings: Settings = new Map();
  const mistakes: string[] = [];
  for (const text of texts) {
    const [, given = '', value = ''] = /^([^=]*)=(.*)$/s.exec(text) ?? [];
    const key = given.trim().startsWith(own) ? given.trim().slice(own.length) : given.trim();
    if (key === '') mistakes.push(`--set ${text}: not of the form key=value`);
    else if (key === 'cloud') mistakes.push(`--set ${text}: a lab's cloud is in its name, such as aws-s01`);
    else if (key.includes(':')) settings.set(key, value.trim() || undefined);
    else if (!(CONFIG_KEYS as string[]).includes(key)) mistakes.push(`--set ${text}: there is no config key "${key}"${nearest(key, CONFIG_KEYS)}`);
    else settings.set(`${own}${key}`, value.trim() || undefined);
  }
  if (mistakes.length > 0) throw usage(mistakes.join('\n'), 'Pulumi.yaml lists every config key with its default');
  return settings;
}

const readYaml = (file: string): Record<string, unknown> =>
  fs.existsSync(file) ? ((parse(fs.readFileSync(file, 'utf8')) as { config?: Record<string, unknown> } | null)?.config ?? {}) : {};

/** What a lab of this cloud starts from: the values of the tracked Pulumi.CLOUD.yaml. */
const seed = (lab: Lab): Record<string, unknown> =>
  ({ ...readYaml(path.join(root, `Pulumi.${lab.cloud}.yaml`)), [`${projectName()}:cloud`]: lab.cloud });

function settled(lab: Lab, settings: Settings): Record<string, unknown> {
  const file = stackFile(lab.stack);
  const config = fs.existsSync(file) ? readYaml(file) : seed(lab);
  for (const [key, value] of settings) {
    if (value === undefined) delete config[key];
    else config[key] = value;
  }
  return config;
}

/** A lab's config with `settings` put in, checked. Throws a usage Failure with every mistake in it. */
export function labConfig(lab: Lab, settings: Settings = new Map()): LabConfig {
  const own = `${projectName()}:`;
  const raw = Object.entries(settled(lab, settings))
    .filter(([key]) => key.startsWith(own))
    .map(([key, value]) => [key.slice(own.length), typeof value === 'string' ? value : JSON.stringify(value)]);
  try {
    return parseConfig(Object.fromEntries(raw));
  } catch (error) {
    if (error instanceof ConfigError) throw usage(error.message, `./lab up ${lab.stack} --set key=value; key= sets the default again`);
    throw error;
  }
}

/**
 * Puts settings into the lab's own file, which is made from the cloud's tracked one at first.
 * What the engine keeps there (the salt) stays. Returns whether anything changed.
 */
export function writeSettings(lab: Lab, settings: Settings = new Map()): boolean {
  const file = stackFile(lab.stack);
  const before = fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : undefined;
  const document = parseDocument(before ?? '');
  document.contents ??= document.createNode({}) as never;
  document.set('config', document.createNode(settled(lab, settings)));
  const after = document.toString({ lineWidth: 0 });
  if (after === before) return false;
  fs.mkdirSync(stacksDirectory(), { recursive: true, mode: 0o700 });
  const scratch = `${file}.${process.pid}`;
  // 0600: it may hold encrypted values of the user's own.
  fs.writeFileSync(scratch, after, { mode: 0o600 });
  fs.renameSync(scratch, file);
  return true;
}
