import * as fc from 'fast-check';
import { covers, parseCidr } from '../../../../util/cidr';
import { ConfigError, parseConfig, type RawConfig } from '../../../../components/config';
import { parse } from 'yaml';
import { bare } from '../../../support/mocks';
import { gcpLab, type GcpGraph, LEAST } from '../../../support/gcp-graph';
import { each } from '../../../support/each';

const PROBES = ['35.191.0.0/16', '209.85.152.0/22', '209.85.204.0/22'];
const third = fc.integer({ min: 0, max: 255 });

/** Configs that are valid by construction: networks from ranges that can't meet. */
const anyConfig: fc.Arbitrary<RawConfig> = fc
  .record({
    profile: fc.constantFrom('full', 'small'),
    controllers: fc.constantFrom('1', '3'),
    workers: fc.integer({ min: 1, max: 9 }).map(String),
    node: fc.tuple(third, fc.integer({ min: 24, max: 27 })),
    pod: fc.integer({ min: 16, max: 20 }),
    mtu: fc.integer({ min: 1300, max: 8896 }).map(String),
    adminCidrs: fc.constantFrom('["198.51.100.7/32"]', '["203.0.113.0/24","192.0.2.0/24"]'),
    nodePortCidrs: fc.constantFrom('[]', '["0.0.0.0/0"]', '["203.0.113.0/24"]'),
    zone: fc.constantFrom('us-west1-c', 'europe-west10-a'),
    apiPort: fc.constantFrom('6443', '8443'),
  })
  .map(({ node: [octet, prefix], pod, ...rest }) => ({
    ...rest,
    ...(rest.profile === 'small' ? { controllers: '1' } : {}),
    nodeCidr: `10.240.${octet}.0/${prefix}`,
    podCidr: `10.200.0.0/${pod}`,
    // Commands and certificates are other tests' business.
    stage: 'none',
  }));

/** The routes of the topology, each by way of the worker itself, and no other. */
function expectRoutes({ graph, plan, config }: GcpGraph): void {
  const routes = graph.every('Route').filter(({ name }) => name !== 'way-out');
  const told = routes.map(
    ({ inputs }) => `${inputs.destRange} ${inputs.nextHopInstance} ${inputs.nextHopInstanceZone}`,
  );
  expect(told.sort()).toEqual(
    plan.routes
      .map(({ destination, nextHop }) => `${destination} gcp-s01-${nextHop} ${config.zone}`)
      .sort(),
  );
  expect(graph.every('Route').length - routes.length).toBe(config.profile === 'small' ? 1 : 0);
}

/** The rules of the topology, none wider, and none besides but the probes’. */
function expectRules({ graph, plan, config }: GcpGraph): void {
  const told = graph.every('Firewall').map(({ name, inputs }) => {
    const [{ protocol, ports = [] }] = inputs.allows;
    return `${name}: ${protocol} ${ports} from ${inputs.sourceRanges} to ${inputs.targetTags}`;
  });
  const tag = { all: 'gcp-s01', controller: 'gcp-s01-controller', worker: 'gcp-s01-worker' };
  const wanted = plan.rules.map(
    ({ name, protocol, ports = [], sources, targets }) =>
      `${name}: ${protocol} ${[...new Set(ports)].join('-')} from ${sources} to ${tag[targets]}`,
  );
  const probes =
    config.profile === 'small'
      ? []
      : [`allow-health-checks: tcp ${config.apiPort} from ${PROBES} to gcp-s01-controller`];
  expect(told.sort()).toEqual([...wanted, ...probes].sort());
  each(graph.every('Firewall'), ({ inputs }) =>
    expect(inputs.sourceRanges.length * inputs.targetTags.length).toBeGreaterThan(0),
  );
}

/** The nodes of the topology, each with its address, and a public one where it should have one. */
function expectNodes({ graph, plan, config }: GcpGraph): void {
  const told = graph
    .every('Instance')
    .map(({ name, inputs }) => [
      name,
      inputs.networkInterfaces[0].networkIp,
      inputs.networkInterfaces[0].accessConfigs.length,
      inputs.canIpForward,
    ]);
  expect(told.sort()).toEqual(
    plan.nodes.map((node) => [node.name, node.privateIp, node.isPublic ? 1 : 0, true]).sort(),
  );
  expect(graph.every('Subnetwork').map(({ inputs }) => inputs.ipCidrRange)).toEqual([
    config.nodeCidr,
  ]);
  expect(graph.of('Network', 'vpc').inputs.mtu).toBe(config.mtu);
  expect(graph.of('gcp', 'gcp').inputs).toMatchObject({
    project: 'my-project',
    zone: config.zone,
    region: config.zone.slice(0, -2),
  });
}

test(
  'any valid config gives exactly the routes, rules and nodes of the topology',
  () =>
    fc.assert(
      fc.asyncProperty(anyConfig, async (raw) => {
        const lab = await gcpLab(raw);
        expectRoutes(lab);
        expectRules(lab);
        expectNodes(lab);
      }),
      { numRuns: 20, endOnFailure: true },
    ),
  300_000,
);

describe.each(['full', 'small'])('policies in profile %s', (profile) => {
  let lab: GcpGraph;
  beforeAll(async () => {
    lab = await gcpLab({ profile });
  }, 60_000);

  test('no rule is open to everyone', () => {
    each(lab.graph.every('Firewall'), ({ name, inputs }) => {
      const open = inputs.sourceRanges.filter((cidr: string) => parseCidr(cidr).prefix < 8);
      expect([name, open]).toEqual([name, []]);
    });
  });

  test.each(['allow-ssh', 'allow-api', 'allow-icmp'])('%s lets in administrators only', (name) => {
    const outside = lab.graph
      .of('Firewall', name)
      .inputs.sourceRanges.filter(
        (cidr: string) => !covers(lab.plan.nodeCidr, cidr) && !covers(lab.plan.podCidr, cidr),
      );
    expect(outside).toEqual(['198.51.100.7/32']);
  });

  test('the VPC has no automatic subnets', () => {
    expect(lab.graph.of('Network', 'vpc').inputs).toMatchObject({
      name: 'gcp-s01',
      autoCreateSubnetworks: false,
    });
    each(lab.graph.every('Instance'), ({ inputs }) =>
      expect(inputs.networkInterfaces.map((each: any) => [each.network, each.subnetwork])).toEqual([
        [undefined, 'projects/p/gcp-s01-nodes'],
      ]),
    );
  });

  test('machines boot shielded, have no service account, and accept only the lab’s key', () => {
    each(lab.graph.every('Instance'), ({ inputs }) => {
      expect(inputs.serviceAccount).toBeUndefined();
      expect(inputs.shieldedInstanceConfig).toEqual({
        enableSecureBoot: true,
        enableVtpm: true,
        enableIntegrityMonitoring: true,
      });
      expect(inputs.metadata).toMatchObject({
        'enable-oslogin': 'FALSE',
        'block-project-ssh-keys': 'TRUE',
        'serial-port-enable': 'FALSE',
        'ssh-keys': 'ubuntu:public ssh-key',
      });
    });
  });

  test('pods cannot read their node’s host key, and Google’s agent does not replace it', () => {
    each(lab.graph.every('Instance'), ({ name, inputs }) => {
      const config = parse(bare(inputs.metadata['user-data']));
      expect(config.ssh_keys).toEqual({
        ed25519_private: `PRIVATE ${name}-host-key`,
        ed25519_public: `public ${name}-host-key`,
      });
      expect(config.bootcmd.map((words: string[]) => words.join(' '))).toContain(
        'iptables -w -A FORWARD -d 169.254.169.254 -p tcp ! --dport 53 -j REJECT',
      );
      expect(config.write_files).toEqual([
        {
          path: '/etc/default/instance_configs.cfg',
          content: '[InstanceSetup]\nset_host_keys = false\n',
          append: true,
        },
      ]);
    });
  });

  test('labels name the expiry', () => {
    expect(JSON.parse(lab.graph.of('gcp', 'gcp').inputs.defaultLabels).expires).toMatch(
      /^\d{4}-\d\d-\d\dt\d\d-\d\dz$/,
    );
  });
});

test('a config without adminCidrs is refused', () => {
  expect(() => parseConfig({ ...LEAST, adminCidrs: '' })).toThrow(ConfigError);
});
