import * as fs from 'node:fs';
import * as path from 'node:path';
import { constants, gunzipSync } from 'node:zlib';
import { asRoot, run } from './command';

/** Secret with the texts that reveal it. */
export interface Secret {
  what: string;
  forms: string[];
}

/** Returns a line as plain text, and in base64 at each of the three offsets in a group. */
const formsOf = (line: string): string[] => [
  line,
  ...[0, 1, 2].map((skip) => Buffer.from(line.slice(skip)).toString('base64').slice(0, 40)),
];

/** Returns lines of a PEM block that differ between keys, without the common first line. */
const linesOf = (pem: string): string[] =>
  pem
    .split('\n')
    .filter((line) => /^[A-Za-z0-9+/=]{40,}$/.test(line))
    .slice(1, 4);

/** Lists the strings inside a value with their paths. */
function strings(value: unknown, at: string): { at: string; text: string }[] {
  if (typeof value === 'string') return [{ at, text: value }];
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, inner]) => strings(inner, `${at}.${key}`));
}

/** Lists every private key, and every kubeconfig's client key, of a stack's decrypted state. */
export function secretsIn(deployment: {
  resources: { urn: string; outputs?: object }[];
}): Secret[] {
  return deployment.resources.flatMap(({ urn, outputs }) =>
    strings(outputs, urn.split('::').pop()!).flatMap(({ at, text }) => {
      const plain = text.startsWith('"') ? (JSON.parse(text) as unknown) : text;
      const found = String(plain);
      const keys = [...found.matchAll(/-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]+-----END/g)].flatMap(
        ([pem]) => linesOf(pem),
      );
      const clients = [...found.matchAll(/client-key-data: (\S{80})/g)].map(([, data]) => data);
      return [...keys, ...clients].map((line) => ({ what: at, forms: formsOf(line) }));
    }),
  );
}

/** Returns the secrets that a text reveals. */
export const inText = (text: string, secrets: Secret[]): string[] => [
  ...new Set(
    secrets
      .filter(({ forms }) => forms.some((form) => text.includes(form)))
      .map(({ what }) => what),
  ),
];

const patterns = (secrets: Secret[]): string =>
  `${[...new Set(secrets.flatMap(({ forms }) => forms))].join('\n')}\n`;

/** Returns a file's content; none if another lab has deleted the file meanwhile. */
function contentOf(file: string): Buffer {
  try {
    return fs.readFileSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
}

/** Returns the content of a gzip file, also a truncated one; `undefined` for any other file. */
function unpacked(file: string): string | undefined {
  const content = contentOf(file);
  if (content.length < 2 || content.readUInt16BE(0) !== 0x1f8b) return undefined;
  return gunzipSync(content, { finishFlush: constants.Z_SYNC_FLUSH }).toString('latin1');
}

/** Lists files below `directory` with a secret, also compressed. `test` are more tests of find. */
export async function inFiles(
  directory: string,
  secrets: Secret[],
  ...test: string[]
): Promise<string[]> {
  const list = path.join(fs.mkdtempSync('/run/hardway-leaks-'), 'patterns');
  fs.writeFileSync(list, patterns(secrets), { mode: 0o600 });
  const ran = await run('find', [
    directory,
    '-xdev',
    '-type',
    'f',
    ...test,
    '-exec',
    'grep',
    '-lFaf',
    list,
    '{}',
    '+',
  ]);
  fs.rmSync(path.dirname(list), { recursive: true });
  const logs = (
    await run('find', [
      directory,
      '-xdev',
      '-type',
      'f',
      '-size',
      '+1c',
      '(',
      '-name',
      '*.log',
      '-o',
      '-name',
      '*.gz',
      ')',
      ...test,
    ])
  ).stdout
    .split('\n')
    .filter(Boolean);
  return [
    ...ran.stdout.split('\n').filter(Boolean),
    ...logs.filter((file) => inText(unpacked(file) ?? '', secrets).length > 0),
  ];
}

/** Lists a node's files with a secret that others can read, and `journal` if that has a secret. */
export async function onNodeReadable(
  lab: string,
  node: string,
  secrets: Secret[],
): Promise<string[]> {
  const script = [
    'umask 077; list=$(mktemp -p /run)',
    `cat > "$list" <<'END'\n${patterns(secrets)}END`,
    'find / /run /tmp -xdev -path /proc -prune -o -path /sys -prune -o -type f -perm /077 -size -2M -exec grep -lFaf "$list" {} + || true',
    'journalctl --no-pager --output=export | grep -qFaf "$list" && echo journal',
    'rm -f "$list"',
  ];
  return (await asRoot(lab, node, script.join('\n'))).split('\n').filter(Boolean);
}

/** Collects command lines and environments of all processes of the host while `work` runs. */
export async function processesDuring(work: () => Promise<unknown>): Promise<string> {
  const seen = new Set<string>();
  const look = (): void => {
    for (const pid of fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      for (const file of ['cmdline', 'environ']) {
        try {
          seen.add(fs.readFileSync(`/proc/${pid}/${file}`, 'utf8'));
        } catch {
          // The process has ended.
        }
      }
    }
  };
  const timer = setInterval(look, 100);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  look();
  return [...seen].join('\n');
}
