import * as fs from 'node:fs';
import * as path from 'node:path';
import { root } from '../../util/repo-root';
import { run, state } from '../support/command';

const LAB = 'local-test-filter';

jest.setTimeout(10 * 60_000);

afterAll(() => fs.rmSync(state, { recursive: true, force: true }));

/** Runs filtering-host.sh in its own network; returns output and exit code of each command. */
async function onFilteringHost(): Promise<Record<string, { text: string; code: number }>> {
  const script = path.join(root, 'test/support/filtering-host.sh');
  const namespaces = ['--net', '--mount', '--propagation', 'private'];
  const ran = await run('unshare', [...namespaces, script, LAB], { minutes: 9 });
  const parts = [...ran.stdout.matchAll(/^== (?!exit)(.*)\n([\s\S]*?)^== exit (\d+)$/gm)];
  if (parts.length === 0) throw new Error(`${ran.stdout}${ran.stderr}`);
  return Object.fromEntries(
    parts.map(([, name, text, code]) => [name, { text, code: Number(code) }]),
  );
}

test('a host that filters bridges, forwards nothing and has no IPv6 runs a lab, and stays so', async () => {
  const did = await onFilteringHost();
  expect(did.up.text).toContain(`Lab ${LAB} is up`);
  expect(did.verify.text).toMatch(/24 passed, 0 failed, 0 skipped/);
  expect(did.status.text).toContain('No drift');
  expect(did.down.text).toContain('without leftovers');
  expect(Object.entries(did).filter(([, { code }]) => code !== 0)).toEqual([]);
  expect(did.filter.text).toMatch(/^1\n(#.*\n)?-P FORWARD DROP\n/);
});
