import { checksOf } from '../../../checks/registry';
import { loadBalancerChecks } from '../../../checks/rows/load-balancer';
import { cloudAddresses, serviceProblems } from '../../../checks/rows/cloud-balancers';
import type { LabUnderTest } from '../../../checks/lab';
import type { LabOutputs } from '../../../components/outputs';
import { parseConfig } from '../../../components/config';
import { topology } from '../../../components/topology';

const ENTRIES = 'default/nginx:80=31080,shop/web:80=31090@31091';
const config = parseConfig({ cloud: 'aws', adminCidrs: '198.51.100.0/24', loadBalancers: ENTRIES });
const plan = topology(config);
const [nginx, web] = plan.balancedServices!;
const addresses = [
  { service: 'default/nginx', address: '203.0.113.101' },
  { service: 'shop/web', address: '203.0.113.102' },
];
const outputs = { cloud: 'aws', config, loadBalancers: addresses } as unknown as LabOutputs;

const ingress = (ip: string) => ({ loadBalancer: { ingress: [{ ip }] } });
const spec = { type: 'LoadBalancer', externalTrafficPolicy: 'Cluster' };
const good = {
  spec: { ...spec, ports: [{ port: 80, nodePort: 31080 }] },
  status: ingress('203.0.113.101'),
};
const local = {
  spec: {
    ...spec,
    externalTrafficPolicy: 'Local',
    healthCheckNodePort: 31091,
    ports: [{ port: 80, nodePort: 31090 }],
  },
  status: ingress('203.0.113.102'),
};

describe('a service with a balancer of a cloud', () => {
  test.each([
    ['Cluster', nginx, good, '203.0.113.101'],
    ['Local', web, local, '203.0.113.102'],
  ])('is as declared, with externalTrafficPolicy %s', (_, declared, found, address) =>
    expect(serviceProblems(declared, address, found)).toEqual([]),
  );

  test.each([
    ['does not exist', undefined, /^the service default\/nginx does not exist: create it, or/],
    ['is of another type', { spec: { type: 'ClusterIP' } }, /is of type ClusterIP, expected Load/],
    ['has no address', { ...good, status: {} }, /has no address, expected 203\.0\.113\.101$/],
    [
      'has another NodePort',
      { ...good, spec: { ...spec, ports: [{ port: 80, nodePort: 30001 }] } },
      /^port 80 of default\/nginx has NodePort 30001, expected 31080: set nodePort/,
    ],
    ['lacks the port', { ...good, spec: { ...spec, ports: [] } }, /has no port 80$/],
    [
      'has another health port',
      { ...good, spec: { ...local.spec, ports: good.spec.ports } },
      /answers for default\/nginx at port 31091, and the balancer asks port 10256$/,
    ],
  ])('is reported if it %s', (_, found, message) => {
    const problems = serviceProblems(nginx, '203.0.113.101', found);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(message);
  });
});

describe('the rows of the load balancer on a cloud', () => {
  const ids = loadBalancerChecks.map(({ id }) => id);

  test('are listed only with loadBalancers', () => {
    const listed = (one: LabOutputs): string[] =>
      checksOf(one).flatMap(({ id }) => (ids.includes(id) ? [id] : []));
    expect(listed(outputs)).toEqual(ids);
    const without = parseConfig({ cloud: 'aws', adminCidrs: '198.51.100.0/24' });
    expect(listed({ ...outputs, config: without })).toEqual([]);
  });

  test('are skipped with a reason, except the addresses', () => {
    const skipped = loadBalancerChecks.filter((check) => check.skip?.(outputs));
    expect(skipped.map(({ id }) => id)).toEqual(ids.filter((id) => id !== 'lb.address'));
    expect(skipped[0].skip!(outputs)).toMatch(
      /^on aws only services in loadBalancers have a balan/,
    );
  });

  test('compare every declared service, each with its own address', async () => {
    const answer = (args: string[]): string => {
      if (!args.includes('json')) return 'NAME TYPE';
      return args.includes('nginx') ? JSON.stringify(good) : '';
    };
    const access = {
      kubectl: async (args: string[]) => ({ code: 0, stdout: answer(args), stderr: '' }),
    };
    const lab = { access, outputs, topology: plan } as unknown as LabUnderTest;
    expect((await cloudAddresses(lab)).problems).toEqual([
      'the service shop/web does not exist: create it, or remove it from loadBalancers',
    ]);
  });
});
