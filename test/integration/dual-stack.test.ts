import { each } from '../support/each';
import { failures, lab, labPrints, onNode } from '../support/command';
import { until } from '../support/until';
import { ipv6Faults, nftablesFaults } from '../faults/ipv6';
import { expectFault, openFaultLab } from '../faults/expect-fault';
import { openLab, type OpenLab } from '../faults/hands';
import type { ScriptedFault } from '../faults/fault';

const LAB = 'local-dual-stack';

jest.setTimeout(10 * 60_000);

let open: OpenLab;
/** Ids of the checks that the previous fault failed. They must pass again. */
let repaired: string[] = [];

const expectOne = async (_description: string, fault: ScriptedFault): Promise<void> => {
  repaired = await expectFault(open, fault, repaired);
};
const byDescription = (faults: ScriptedFault[]): [string, ScriptedFault][] =>
  faults.map((fault) => [fault.description, fault]);

beforeAll(async () => {
  open = await openFaultLab(LAB, 'ipFamily=dual');
});

afterAll(async () => {
  await open?.close();
  expect(await lab('down', LAB, '--yes')).toMatchObject({ code: 0 });
});

test('a dual-stack lab passes the checks of both families', async () => {
  const report = await open.look();
  expect(failures(report)).toEqual([]);
  const ids = report.checks.map(({ id }) => id);
  expect(ids.filter((id) => id.startsWith('ipv6.'))).toHaveLength(14);
  expect(ids.filter((id) => !id.startsWith('ipv6.'))).toHaveLength(24);
});

test('it has no drift, and the router sends no IPv6 to the host', async () => {
  expect((await lab('status', LAB)).stdout).toContain('No drift');
  const addresses = await open.hands.router('ip', '-6', 'address', 'show', 'dev', 'internet');
  expect(addresses).toBe('');
  expect(await open.hands.router('ip', '-6', 'route', 'show', 'default')).toBe('');
});

describe('an IPv6 fault fails exactly its checks, which name the cause', () => {
  test.each(byDescription(ipv6Faults))('%s', expectOne);
});

describe('with proxyMode nftables', () => {
  beforeAll(async () => {
    await labPrints('up', LAB, '--yes', '--set', 'proxyMode=nftables');
    await open.close();
    open = await openLab(LAB);
  });

  test.each(byDescription(nftablesFaults))('%s', expectOne);
});

test('a worker has its IPv6 address and routes again after a reboot', async () => {
  const booted = async (): Promise<string> =>
    (await onNode(LAB, 'worker-1', 'stat -c %Y /proc/1')).stdout;
  const before = await booted();
  await onNode(LAB, 'worker-1', 'sudo reboot');
  await until('another boot', async () => ![before, ''].includes(await booted()), 60);
  const report = await open.look(['ipv6.nodes.list', 'ipv6.route.host', 'ipv6.nat.ping']);
  expect(failures(report)).toEqual([]);
});

test('after the last repair, every check passes', async () => {
  const report = await open.look();
  expect(failures(report)).toEqual([]);
  each(report.checks, ({ status }) => expect(status).toBe('pass'));
});

test('with loadBalancer too, a restored lab passes every check', async () => {
  await labPrints('up', LAB, '--yes', '--set', 'loadBalancer=true');
  await labPrints('save', LAB, 'both', '--yes');
  expect(await labPrints('restore', LAB, 'both', '--yes')).not.toMatch(/Not ready|Not restored/);
  await open.close();
  open = await openLab(LAB);
  const report = await open.look();
  expect(failures(report)).toEqual([]);
  expect(report.checks).toHaveLength(24 + 5 + 14);
});

test('a lab that is switched to IPv4 gets new nodes, and passes the checks of the article', async () => {
  const article = ['ipFamily=', 'proxyMode=', 'loadBalancer='];
  await labPrints('up', LAB, '--yes', ...article.flatMap((setting) => ['--set', setting]));
  await open.close();
  open = await openLab(LAB);
  const report = await open.look();
  expect(failures(report)).toEqual([]);
  expect(report.checks).toHaveLength(24);
});
