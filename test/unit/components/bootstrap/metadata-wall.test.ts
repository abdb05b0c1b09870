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

/** Runs ready.sh up to the check of the metadata wall, on a node whose iptables has `rules`. */
function ready(rules: string[], wall: string | undefined): { code: number; said: string } {
  fs.mkdirSync(inPlaces('bin'), { recursive: true });
  const has = rules.map((rule) => `[ "$*" = "-w -C FORWARD ${rule}" ] && exit 0`).join('\n');
  const programs = { iptables: `${has}\nexit 1`, systemctl: 'exit 0' };
  for (const [name, script] of Object.entries(programs))
    fs.writeFileSync(inPlaces('bin', name), `#!/bin/bash\n${script}\n`, { mode: 0o755 });
  fs.rmSync(inPlaces('wall'), { force: true });
  if (wall !== undefined) fs.writeFileSync(inPlaces('wall'), `${wall}\n`);
  const [start] = fs
    .readFileSync(path.join(files, 'ready.sh'), 'utf8')
    .split('\nif [ "$(cat /proc/sys/kernel/hostname)"');
  const script = start
    .replace('. /opt/hardway/common.sh', `. ${path.join(files, 'common.sh')}`)
    .replace('. /etc/hardway/node.env', 'NODE_NAME=worker-0');
  const { status, stderr } = spawnSync('bash', ['--norc', '-c', script], {
    encoding: 'utf8',
    env: {
      ...process.env,
      PATH: `${inPlaces('bin')}:${process.env.PATH}`,
      METADATA_WALL: inPlaces('wall'),
    },
  });
  return { code: status!, said: stderr };
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
