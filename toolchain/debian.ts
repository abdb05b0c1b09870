import * as fs from 'node:fs';
import * as path from 'node:path';
import { namesIn } from '../util/existing-files';
import { textIf } from '../util/optional';
import { effectiveUrl } from './download';
import { runOrThrow } from './run';

/** Debian release of the nodes and of the programs in the images. */
export const SUITE = 'bookworm';

const PUBLIC_ARCHIVE = 'http://deb.debian.org';
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** Parsed line of a sources.list. */
interface Source {
  options: string;
  uri: string;
  suite: string;
  components: string[];
}

/** Parses the one-line format: `deb [options] URI SUITE COMPONENT…`. */
function readList(text: string): Source[] {
  return text.split('\n').flatMap((line) => {
    const match = /^deb\s+(?:\[\s*(.*?)\s*\]\s+)?(\S+)\s+(\S+)\s+(.+)$/.exec(
      line.replace(/#.*/, '').trim(),
    );
    if (!match) return [];
    const [, options = '', uri, suite, components] = match;
    return [{ options, uri, suite, components: components.split(/\s+/) }];
  });
}

/** Parses the deb822 format. An inline key is ignored; the Debian keyring is used instead. */
function readParagraphs(text: string): Source[] {
  return text.split(/\n\s*\n/).flatMap((paragraph) => {
    const plain = paragraph
      .split('\n')
      .filter((line) => !line.startsWith('#'))
      .join('\n');
    const field = (name: string): string[] =>
      (new RegExp(`^${name}:(.*(?:\\n[ \\t].*)*)`, 'mi').exec(plain)?.[1] ?? '')
        .split(/\s+/)
        .filter(Boolean);
    if (!field('Types').includes('deb') || /^(no|false|0)$/i.test(field('Enabled')[0] ?? 'yes'))
      return [];
    const key = field('Signed-By');
    const options = textIf(key.length === 1 && path.isAbsolute(key[0]), `signed-by=${key[0]}`);
    return field('URIs').flatMap((uri) =>
      field('Suites').map((suite) => ({ options, uri, suite, components: field('Components') })),
    );
  });
}

/**
 * Returns the host's Debian archive from its apt configuration, for the nodes' release. Empty if
 * the host does not run Debian.
 */
export function sourcesFrom(files: { name: string; text: string }[], codename: string): string[] {
  const all = files.flatMap(({ name, text }) => {
    if (name.endsWith('.sources')) return readParagraphs(text);
    return readList(text);
  });
  const suites = [codename, `${codename}-updates`, `${codename}-security`];
  return all
    .filter((source) => suites.includes(source.suite) && source.components.includes('main'))
    .map(
      ({ options, uri, suite }) =>
        `deb [${options || `signed-by=${KEYRING}`}] ${uri} ${suite.replace(codename, SUITE)} main`,
    );
}

function machineSources(): string[] {
  const release = fs.readFileSync('/etc/os-release', 'utf8');
  const codename = /^VERSION_CODENAME="?(\w+)/m.exec(release)?.[1];
  if (!/^ID="?debian"?$/m.test(release) || codename === undefined) return [];
  const files = [
    '/etc/apt/sources.list',
    ...namesIn('/etc/apt/sources.list.d')
      .filter((name) => /\.(list|sources)$/.test(name))
      .sort()
      .map((name) => `/etc/apt/sources.list.d/${name}`),
  ];
  return sourcesFrom(
    files
      .filter((name) => fs.existsSync(name))
      .map((name) => ({ name, text: fs.readFileSync(name, 'utf8') })),
    codename,
  );
}

/** Public Debian archive, or its mirror below $HARDWAY_MIRROR. */
const publicSources = (): string[] => [
  `deb [signed-by=${KEYRING}] ${effectiveUrl(`${PUBLIC_ARCHIVE}/debian`)} ${SUITE} main`,
  `deb [signed-by=${KEYRING}] ${effectiveUrl(`${PUBLIC_ARCHIVE}/debian`)} ${SUITE}-updates main`,
  `deb [signed-by=${KEYRING}] ${effectiveUrl(`${PUBLIC_ARCHIVE}/debian-security`)} ${SUITE}-security main`,
];

/** Returns the sources.list of the nodes' packages. */
function nodeSources(): string[] {
  const own = machineSources();
  if (own.length > 0) return own;
  return publicSources();
}

/** Returns the URIs of the archives that the nodes' packages come from. */
export const archives = (): string[] => [
  ...new Set(
    nodeSources()
      .filter((line) => line.endsWith(` ${SUITE} main`))
      .map((line) => line.replace(/^deb (\[.*?\] )?/, '').split(' ')[0]),
  ),
];

/**
 * apt settings that a host needs to reach an archive: proxies, time-outs, checks. Other settings
 * are not copied.
 */
const REACHING =
  /^Acquire::(https?|ftp|ForceIPv4|ForceIPv6|Retries|Check-Date|Check-Valid-Until|Max-FutureTime)\b/i;

/** Writes sources.list and apt.conf into `directory` for mmdebstrap; returns their paths. */
export async function writeAptFiles(
  directory: string,
): Promise<{ sources: string; settings: string }> {
  const sources = path.join(directory, 'sources.list');
  const settings = path.join(directory, 'apt.conf');
  fs.writeFileSync(sources, `${nodeSources().join('\n')}\n`);
  const dump = await runOrThrow('reading the apt settings', 'apt-config', ['dump']);
  const reaching = dump.split('\n').filter((line) => REACHING.test(line) && !line.endsWith(' "";'));
  fs.writeFileSync(settings, `${['Acquire::Languages "none";', ...reaching].join('\n')}\n`);
  return { sources, settings };
}
