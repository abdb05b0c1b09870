import * as fc from 'fast-check';
import { covers } from '../../../../util/cidr';
import type { RawConfig } from '../../../../components/config';
import { graphOn, type Made } from '../../../support/aws-graph';
import { each } from '../../../support/each';

const inside = fc.constantFrom('10.240.0.0/24', '10.240.0.20/32');
const outside = fc.constantFrom('198.51.100.7/32', '203.0.113.0/24', '0.0.0.0/0');
const sources = (least: number): fc.Arbitrary<string> =>
  fc
    .uniqueArray(fc.oneof(inside, outside), { minLength: least, maxLength: 3 })
    .map((list) => JSON.stringify(list));

const config: fc.Arbitrary<RawConfig> = fc
  .record({
    size: fc.constantFrom(
      { profile: 'full', controllers: '1' },
      { profile: 'full', controllers: '3' },
      { profile: 'small' },
    ),
    workers: fc.integer({ min: 1, max: 4 }).map(String),
    nodeCidr: fc.constantFrom('10.240.0.0/24', '10.240.0.0/27', '172.20.0.0/16'),
    podCidr: fc.constantFrom('10.200.0.0/16', '10.100.16.0/20'),
    adminCidrs: sources(1),
    nodePortCidrs: fc.oneof(fc.constant('[]'), sources(1)),
    apiPort: fc.constantFrom('6443', '7443'),
    zone: fc.constantFrom('', 'us-west-2a'),
  })
  .map(({ size, ...rest }) => ({ ...rest, ...size }));

/** `GROUP PROTOCOL PORTS SOURCE` of every rule that lets something in to nodes. */
const letIn = (lab: Made): string[] =>
  lab
    .every('SecurityGroupIngressRule')
    .filter(({ inputs }) => inputs.securityGroupId !== 'balancer-id')
    .map(({ inputs }) =>
      [
        inputs.securityGroupId,
        inputs.ipProtocol,
        inputs.fromPort,
        inputs.toPort,
        inputs.cidrIpv4,
      ].join(' '),
    )
    .sort();

/** Expects that the security groups admit exactly the topology’s rules. */
function letsInTheRules(lab: Made): void {
  const planned = lab.plan.rules.flatMap(
    ({ targets, protocol, ports: [first, last] = [-1, -1], sources }) =>
      sources.map((source) => [`nodes-${targets}-id`, protocol, first, last, source].join(' ')),
  );
  expect(letIn(lab)).toEqual([...new Set(planned)].sort());
  each(lab.plan.nodes, (node) => {
    const targets = lab.plan.rules
      .map((rule) => rule.targets)
      .filter((target) => target === 'all' || target === node.role);
    expect(lab.of('Instance', node.name).inputs.vpcSecurityGroupIds.sort()).toEqual(
      [...new Set(targets)].map((target) => `nodes-${target}-id`).sort(),
    );
  });
}

/** Expects that the balancer admits only administrators, to the API. */
function balancesForAdministrators(lab: Made): void {
  const rules = lab
    .every('SecurityGroupIngressRule')
    .filter(({ inputs }) => inputs.securityGroupId === 'balancer-id');
  const { adminCidrs, apiPort, profile } = lab.config;
  expect(rules.map(({ inputs }) => inputs.cidrIpv4).sort()).toEqual(
    profile === 'full' ? [...adminCidrs].sort() : [],
  );
  for (const { inputs } of rules)
    expect([inputs.ipProtocol, inputs.fromPort, inputs.toPort]).toEqual(['tcp', apiPort, apiPort]);
}

/** Expects that each table has exactly the topology’s routes and one default route. */
function routesThePods(lab: Made): void {
  each(lab.plan.subnets, ({ name, isPublic }) => {
    const table = lab.every('Route').filter(({ inputs }) => inputs.routeTableId === `${name}-id`);
    expect(
      table
        .map(
          ({ inputs }) =>
            `${inputs.destinationCidrBlock} ${inputs.networkInterfaceId ?? inputs.gatewayId}`,
        )
        .sort(),
    ).toEqual(
      [
        ...lab.plan.routes.map((route) => `${route.destination} eni-${route.nextHop}`),
        `0.0.0.0/0 ${isPublic ? 'internet-gateway-id' : 'eni-controller-0'}`,
      ].sort(),
    );
  });
  expect(lab.every('Route').length).toBe(lab.plan.subnets.length * (lab.plan.routes.length + 1));
}

/** Expects that each node is in its subnet, and each subnet in the VPC. */
function placesTheNodes(lab: Made): void {
  each(lab.plan.nodes, (node) => {
    const { subnetId, privateIp, sourceDestCheck } = lab.of('Instance', node.name).inputs;
    const { cidrBlock } = lab.every('Subnet').find(({ name }) => `${name}-id` === subnetId)!.inputs;
    expect([privateIp, sourceDestCheck]).toEqual([node.privateIp, false]);
    expect(covers(cidrBlock, `${privateIp}/32`)).toBe(true);
    expect(covers(lab.of('Vpc', 'vpc').inputs.cidrBlock, cidrBlock)).toBe(true);
    // AWS keeps the first four of a subnet and the last for itself.
    const host = Number(privateIp.split('.')[3]) % 16;
    if (cidrBlock.endsWith('/28')) expect(host >= 4 && host < 15).toBe(true);
  });
}

test('any valid config creates exactly the topology’s routes, rules and addresses on AWS', async () => {
  await fc.assert(
    fc.asyncProperty(config, async (raw) => {
      const lab = await graphOn(raw);
      letsInTheRules(lab);
      balancesForAdministrators(lab);
      routesThePods(lab);
      placesTheNodes(lab);
    }),
    { numRuns: 20 },
  );
}, 120_000);
