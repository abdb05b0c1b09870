import * as fs from 'node:fs';
import * as path from 'node:path';
import { parse } from 'yaml';
import {
  type CloudName,
  CLOUDS,
  CONFIG_KEYS,
  ConfigError,
  defaultOf,
  parseConfig,
} from '../../components/config';
import { textIf } from '../../util/optional';
import { cell, NOTE } from './commands';
import { interfacesOf, parsed, propertiesOf, tagOf } from './declarations';
import { joinNames } from '../../util/join-names';

type Key = (typeof CONFIG_KEYS)[number];

/** A value that no key accepts: the error describes the allowed values. */
const WRONG = '?';

function allowedValues(key: Key, cloud: CloudName): string {
  try {
    parseConfig({ cloud, [key]: WRONG });
  } catch (error) {
    const mistakes = (error as ConfigError).mistakes ?? [];
    const own = mistakes.find((line) => line.startsWith(`${key} `) || line.startsWith(`${key}:`));
    if (own) return own.replace(/^.*?"\?"(, | is )(not |neither )/, '').replace(' nor ', ' or ');
  }
  throw new Error(`config accepts ${key}=${WRONG}: its page cannot say what is allowed`);
}

function defaults(key: Key, clouds: CloudName[]): string {
  const small = defaultOf(key, 'aws', 'small');
  const all = clouds.map((cloud) => ({ cloud, value: defaultOf(key, cloud)! }));
  const text = (value: string): string => textIf(value, `\`${value}\``) || 'empty';
  let usual = all.map(({ cloud, value }) => `${text(value)} (${cloud})`).join(', ');
  if (new Set(all.map(({ value }) => value)).size === 1) usual = text(all[0].value);
  const differs = clouds.length > 1 && small !== undefined && small !== defaultOf(key, 'aws');
  if (differs) return `${usual}; profile small: ${text(small)}`;
  return usual;
}

/** Formats a TypeScript example as a value of `pulumi config` and `--set`. */
const asConfigValue = (example: string): string =>
  example
    .replace(/^\[|\]$/g, '')
    .replace(/'/g, '')
    .replace(/, /g, ',');

/** Formats a command that sets a key. `--set cloud=` is refused: the lab's name decides. */
function exampleOf(key: Key, value: string): string {
  if (key === 'cloud') return `\`./lab up ${value}-s01\`: the name of a lab begins with its cloud`;
  return `\`./lab up NAME --set ${key}=${value}\``;
}

/** Formats the clouds of a key. For a local key, aws and gcp may accept the default only. */
function cloudsText(clouds: CloudName[], description: string): string {
  if (description.startsWith('Local only') && clouds.length > 1)
    return `local; ${joinNames(clouds.filter((cloud) => cloud !== 'local'))} accept the default only`;
  if (clouds.length === CLOUDS.length) return 'all';
  return clouds.join(', ');
}

/** Returns the page of all config keys, by path below docs/reference. */
export function configPage(root: string): Map<string, string> {
  const { config } = parse(fs.readFileSync(path.join(root, 'Pulumi.yaml'), 'utf8')) as {
    config: Record<string, { description: string }>;
  };
  const args = interfacesOf([parsed(path.join(root, 'components/config/args.ts'))]);
  const properties = new Map(
    propertiesOf(args.get('LabArgs')!).map((property) => [property.name, property]),
  );
  const sections = CONFIG_KEYS.map((key) => {
    const clouds = CLOUDS.filter((cloud) => defaultOf(key, cloud) !== undefined);
    const property = properties.get(key)!;
    const example = asConfigValue(tagOf(property.node, 'example'));
    return `
## ${key}

${config[key].description}.

| | |
|---|---|
| type | \`${cell(property.type.getText())}\` |
| allowed | ${cell(allowedValues(key, clouds[0]))} |
| default | ${cell(defaults(key, clouds))} |
| clouds | ${cloudsText(clouds, config[key].description)} |
| example | ${exampleOf(key, example)} |
`;
  });
  const intro = `${NOTE}# Config keys

Which settings does a lab have? \`./lab up NAME --set KEY=VALUE\` sets one, \`--set KEY=\` restores its
default. A Pulumi program passes the same keys as arguments of \`Lab\`, with the types below.
`;
  return new Map([['config.md', intro + sections.join('')]]);
}
