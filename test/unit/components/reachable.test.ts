import { parseConfig } from '../../../components/config';
import { remarksOn, withOwnAddress } from '../../../components/config/public-ip';
import type { Graph } from '../../support/graph';
import { labOn } from '../../support/aws-graph';
import { gcpLab } from '../../support/gcp-graph';
import { registered, steps } from '../../support/bootstrap-graph';
import { each } from '../../support/each';

const valid = { cloud: 'aws', adminCidrs: '198.51.100.0/24' };

describe.each(['aws', 'gcp'] as const)('a full lab on %s', (cloud) => {
  let lab: Graph;
  beforeAll(async () => {
    lab = cloud === 'aws' ? (await labOn({})).made : (await gcpLab({})).graph;
  }, 30_000);

  test('waits for an SSH login at every node before its first session', () => {
    const nodes = [0, 1, 2].flatMap((index) => [`controller-${index}`, `worker-${index}`]);
    expect(
      lab
        .every('Reachable')
        .map(({ name }) => name)
        .sort(),
    ).toEqual(['api-answer', ...nodes.map((node) => `${node}-login`).sort()]);
    each(nodes, (node) => {
      const login = lab.of('Reachable', `${node}-login`);
      expect(login.inputs).toMatchObject({ protocol: 'ssh', port: 22, seconds: 360 });
      expect(login.inputs.failure).toMatch(new RegExp(`^No SSH login at .+ \\(${node}\\)$`));
      expect(login.inputs.advice).toMatch(
        /^The rule allow-ssh admits 198\.51\.100\.\S+ \(adminCidrs/,
      );
      expect(login.deletedWith).toContain(node);
      expect(lab.comesAfter(lab.of('Command', `machine@${node}`), login)).toBe(true);
      const kind = cloud === 'aws' ? 'SecurityGroupIngressRule' : 'Firewall';
      const rules = lab.every(kind).filter(({ name }) => name.startsWith('allow-ssh'));
      expect(rules).toHaveLength(1);
      expect(lab.comesAfter(login, rules[0])).toBe(true);
    });
  });

  test('ends only after the API answered at its public address, with the lab’s CA', () => {
    const api = lab.of('Reachable', 'api-answer');
    expect(api.inputs).toMatchObject({
      protocol: 'https',
      port: 6443,
      path: '/readyz',
      seconds: 360,
    });
    expect(api.inputs.failure).toMatch(/^The API does not answer at https:\/\/\S+:6443$/);
    expect(api.inputs.advice).toContain('(adminCidrs');
    expect(api.inputs.advice).toContain('load balancer');
    expect(lab.comesAfter(api, lab.of('Command', 'workloads@controller-0'))).toBe(true);
    const [kind, name] = cloud === 'aws' ? ['LoadBalancer', 'api'] : ['ForwardingRule', 'api'];
    expect(lab.comesAfter(api, lab.of(kind, name))).toBe(true);
  });
});

describe.each(['aws', 'gcp'] as const)('a lab on %s at stage none', (cloud) => {
  test.each([
    ['full', 6, ['ready']],
    ['small', 3, ['ready', 'gateway', 'private-nodes']],
  ])(
    'logs in to each node of profile %s, and waits for no API',
    async (profile, count, expected) => {
      const raw = { stage: 'none', profile };
      const lab = cloud === 'aws' ? (await labOn(raw)).made : (await gcpLab(raw)).graph;
      const sessions = lab.every('Command');
      expect(sessions.filter(({ name }) => name.startsWith('machine@'))).toHaveLength(count);
      expect(new Set(sessions.flatMap(steps))).toEqual(new Set(expected));
      expect(lab.every('Reachable').map(({ inputs }) => inputs.protocol)).toEqual(
        Array<string>(profile === 'full' ? count : 1).fill('ssh'),
      );
    },
  );
});

test('a session of a lab without such waits dials until its machine has booted', async () => {
  const resources = await registered();
  const { connection } = resources.get('machine@worker-0')!.inputs;
  expect(JSON.stringify(connection)).toContain('"dialErrorLimit":-1');
});

describe('NodePorts in a cloud', () => {
  test('are open to adminCidrs by default', () => {
    expect(parseConfig(valid).nodePortCidrs).toEqual(['198.51.100.0/24']);
    expect(parseConfig({ ...valid, adminCidrs: 'auto' }).nodePortCidrs).toEqual(['auto']);
  });

  test('are open to the Internet, or to no address, only if the config says so', () => {
    expect(parseConfig({ ...valid, nodePortCidrs: '0.0.0.0/0' }).nodePortCidrs).toEqual([
      '0.0.0.0/0',
    ]);
    expect(parseConfig({ ...valid, nodePortCidrs: '[]' }).nodePortCidrs).toEqual([]);
  });

  test('keep the default of local labs there', () => {
    expect(parseConfig({}).nodePortCidrs).toEqual(['0.0.0.0/0']);
  });
});

describe('remarks on who reaches a lab', () => {
  test('name the address found by auto', async () => {
    const config = parseConfig({ ...valid, adminCidrs: 'auto' });
    const known = await withOwnAddress(config, async () => '198.51.100.4');
    expect(remarksOn(known)).toEqual([
      { severity: 'info', text: expect.stringContaining('public address is 198.51.100.4;') },
    ]);
  });

  test('warn of administrators from everywhere', () => {
    expect(remarksOn(parseConfig({ ...valid, adminCidrs: '0.0.0.0/0' }))).toEqual([
      { severity: 'warn', text: expect.stringMatching(/^adminCidrs has 0\.0\.0\.0\/0: /) },
    ]);
  });

  test('are absent on a lab with named CIDRs, and on a local one', () => {
    expect(remarksOn(parseConfig(valid))).toEqual([]);
    expect(remarksOn(parseConfig({ adminCidrs: '0.0.0.0/0' }))).toEqual([]);
  });
});
