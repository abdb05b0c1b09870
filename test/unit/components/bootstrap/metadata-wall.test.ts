import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { METADATA_WALL } from '../../../../components/gcp/first-boot';
import { root } from '../../../../util/repo-root';
import { inPlaces, ownPlaces } from '../../../support/typed';
import { sent } from '../../../support/bootstrap-graph';
import { gcpLab } from '../../../support/gcp-graph';

ownPlaces();

const files = path.join(root, 'components/bootstrap/steps/ready');

interface Ran {
  code: number;
  printed: string;
  said: string;
}

/** Runs a script on a node that has `rules` in iptables and needs the rule `wall`. */
function onNode(script: string, rules: string[], wall: string | undefined): Ran {
  fs.mkdirSync(inPlaces('bin'), { recursive: true });
  const has = rules.map((rule) => `[ "$*" = "-w -C FORWARD ${rule}" ] && exit 0`).join('\n');
  const programs = { iptables: `${has}\nexit 1`, systemctl: 'exit 0' };
  for (const [name, text] of Object.entries(programs))
    fs.writeFileSync(inPlaces('bin', name), `#!/bin/bash\n${text}\n`, { mode: 0o755 });
  fs.rmSync(inPlaces('wall'), { force: true });
  if (wall !== undefined) fs.writeFileSync(inPlaces('wall'), `${wall}\n`);
  const { status, stdout, stderr } = spawnSync('bash', ['--norc', '-c', script], {
    encoding: 'utf8',
    env: {
      ...process.env,
      PATH: `${inPlaces('bin')}:${process.env.PATH}`,
      METADATA_WALL: inPlaces('wall'),
    },
  });
  return { code: status!, printed: stdout, said: stderr };
}

/** Runs ready.sh up to the check of the metadata wall. */
function ready(rules: string[], wall: string | undefined): Pick<Ran, 'code' | 'said'> {
  const [start] = fs
    .readFileSync(path.join(files, 'ready.sh'), 'utf8')
    .split('\nif [ "$(cat /proc/sys/kernel/hostname)"');
  const script = start
    .replace('. /opt/hardway/common.sh', `. ${path.join(files, 'common.sh')}`)
    .replace('. /etc/hardway/node.env', 'NODE_NAME=worker-0');
  const { code, said } = onNode(script, rules, wall);
  return { code, said };
}

/** Runs status.sh on a node that ran step `ready`; returns the files that it lists as missing. */
function missing(rules: string[], wall: string | undefined): string[] {
  const places = ['var/lib/hardway/steps', 'opt/hardway/objects', 'etc/hardway', 'run'];
  for (const place of places) fs.mkdirSync(inPlaces(place), { recursive: true });
  fs.copyFileSync(path.join(files, 'common.sh'), inPlaces('opt/hardway/common.sh'));
  for (const name of ['ready.sha256', 'ready.units'])
    fs.writeFileSync(inPlaces('var/lib/hardway/steps', name), '');
  const script = fs
    .readFileSync(path.join(files, 'status.sh'), 'utf8')
    .replace(/\/(var\/lib|opt|etc)\/hardway|\/run\/hardway\./g, (found) => inPlaces(found));
  const { code, printed, said } = onNode(script, rules, wall);
  expect({ code, said }).toEqual({ code: 0, said: '' });
  const report = JSON.parse(printed) as { files: { path: string; state: string }[] };
  return report.files.filter(({ state }) => state === 'missing').map((file) => file.path);
}

const WALL = METADATA_WALL.join(' ');

describe('a first boot', () => {
  test('fails if pods can reach the metadata server', () => {
    const { code, said } = ready([], WALL);
    expect(code).toBe(1);
    expect(said).toMatch(/^worker-0: pods can read the metadata server/);
  });

  test('succeeds if the rule exists', () =>
    expect(ready([WALL], WALL)).toEqual({ code: 0, said: '' }));

  test('needs no rule if the cloud itself keeps pods away', () =>
    expect(ready([], undefined)).toEqual({ code: 0, said: '' }));
});

test('nodes on Google Cloud get the rule to check', async () => {
  const { graph } = await gcpLab({ stage: 'none' });
  expect(sent(graph.of('Command', 'machine@worker-0'))).toContain(`${WALL}\n`);
}, 60_000);

describe('the state of a node', () => {
  test('lists the rule as missing if pods can reach the metadata server', () => {
    expect(missing([], WALL)).toEqual(['iptables FORWARD (metadata server)']);
  });

  test('lists no rule if it exists, or if the cloud itself keeps pods away', () => {
    expect([missing([WALL], WALL), missing([], undefined)]).toEqual([[], []]);
  });
});
