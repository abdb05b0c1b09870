import * as pulumi from '@pulumi/pulumi';
import * as ipaddr from 'ipaddr.js';
import { contains6, overlap6 } from '../../../../util/cidr6';
import type { Lab } from '../../../../components/lab';
import { readOutputs, type StackOutputs } from '../../../../components/outputs';
import { AMAZON6, graphOn, labOn, type Made } from '../../../support/aws-graph';
import { sent } from '../../../support/bootstrap-graph';
import { each } from '../../../support/each';
import { addedResources, graphText, titlesOf } from '../../../support/graph-text';

/** Returns the values of outputs, also of secret ones. */
const valuesOf = (outputs: Lab['outputs']): Promise<unknown> =>
  new Promise((resolve) => void pulumi.output(outputs as pulumi.Inputs).apply(resolve));

describe.each(['full', 'small'])('a dual-stack lab on AWS in profile %s', (profile) => {
  let lab: Made;
  let ipv4: Made;
  beforeAll(async () => {
    [lab, ipv4] = [await graphOn({ profile, ipFamily: 'dual' }), await graphOn({ profile })];
  }, 60_000);

  test('differs from an IPv4 lab as in the snapshot', () =>
    expect(graphText(addedResources('aws', { all: lab.all, others: ipv4.all }))).toMatchSnapshot());

  test('keeps every resource of an IPv4 lab', () =>
    expect(titlesOf(lab.all)).toEqual(expect.arrayContaining(titlesOf(ipv4.all))));

  test('replaces the VPC if ipFamily changes, in both directions', () =>
    each([lab, ipv4], (made) =>
      expect(made.of('Vpc', 'vpc').replaceOnChanges).toEqual(['assignGeneratedIpv6CidrBlock']),
    ));

  test('gives each subnet its own /64 of the VPC, and each node an address in it', () => {
    const subnets = lab.every('Subnet').map(({ inputs }) => inputs.ipv6CidrBlock as string);
    expect(new Set(subnets).size).toBe(lab.plan.subnets.length);
    each(subnets, (cidr) => expect(overlap6(AMAZON6, cidr)).toBe(true));
    each(lab.plan.nodes, ({ name, role, index, subnet }) => {
      const { inputs } = lab.of('Instance', name);
      const [address, ...others] = inputs.ipv6Addresses as string[];
      expect(others).toEqual([]);
      expect(contains6(lab.of('Subnet', subnet.name).inputs.ipv6CidrBlock, address)).toBe(true);
      expect(address).toMatch(new RegExp(`::${(role === 'worker' ? 20 : 10) + index}$`));
      expect(inputs.sourceDestCheck).toBe(false);
    });
  });

  test('routes each worker’s pods to its interface in every table, as AWS permits', () => {
    each(lab.plan.subnets, ({ name, isPublic }) => {
      const routes = lab
        .every('Route')
        .filter(({ inputs }) => inputs.routeTableId === `${name}-id`)
        .filter(({ inputs }) => inputs.destinationIpv6CidrBlock !== undefined)
        .map(({ inputs }) => [
          inputs.destinationIpv6CidrBlock as string,
          inputs.networkInterfaceId ?? inputs.gatewayId,
        ]);
      const pods = lab.plan.ipv6!.routes.map(({ destination, nextHop }) => [
        destination,
        `eni-${nextHop}`,
      ]);
      const outward = isPublic ? [['::/0', 'internet-gateway-id']] : [];
      expect(routes.sort()).toEqual([...pods, ...outward].sort());
      // Inside the VPC only whole subnets can have routes, and fd00:ec2::/32 is Amazon's.
      each(pods, ([destination]) => {
        expect(overlap6(destination, AMAZON6)).toBe(false);
        expect(overlap6(destination, 'fd00:ec2::/32')).toBe(false);
      });
    });
  });

  test('admits IPv6 packets of the VPC and the pods only', () => {
    const rules = lab
      .every('SecurityGroupIngressRule')
      .filter(({ inputs }) => inputs.cidrIpv6 !== undefined)
      .map(({ inputs }) => [inputs.securityGroupId, inputs.ipProtocol, inputs.cidrIpv6].join(' '));
    expect(rules.sort()).toEqual(
      ['icmpv6', 'tcp', 'udp']
        .flatMap((protocol) => [AMAZON6, 'fd00:10:200::/48'].map((one) => `${protocol} ${one}`))
        .map((rule) => `nodes-all-id ${rule}`)
        .sort(),
    );
    expect(lab.of('SecurityGroupEgressRule', 'allow-out6').inputs.cidrIpv6).toBe('::/0');
  });

  test('has no resource with the separator of a URN in its name', () =>
    each(lab.all, ({ name }) => expect(name).not.toContain('::')));

  test('is reached through the same IPv4 addresses as before', () => {
    const ipv4Balancers = ipv4.every('LoadBalancer').map(({ inputs }) => inputs);
    expect(lab.every('LoadBalancer').map(({ inputs }) => inputs)).toEqual(ipv4Balancers);
    expect(lab.every('Eip')).toHaveLength(1);
  });
});

test('an IPv4 lab on AWS has no IPv6 in any input', async () => {
  const lab = await graphOn();
  const inputs = lab.all.filter(({ type }) => type.startsWith('aws:')).map((one) => one.inputs);
  expect(inputs.length).toBeGreaterThan(30);
  expect(JSON.stringify(inputs)).not.toMatch(/ipv6|::/i);
});

describe('the cluster of a dual-stack lab on AWS', () => {
  let lab: Made;
  let outputs: Lab['outputs'];
  beforeAll(async () => {
    ({ made: lab, outputs } = await labOn({ ipFamily: 'dual' }));
  }, 60_000);

  test('registers each worker with the address that its instance got', () => {
    const workers = lab.plan.nodes.filter(({ role }) => role === 'worker');
    each(workers, ({ name, privateIp }) => {
      const [address] = lab.of('Instance', name).inputs.ipv6Addresses as string[];
      expect(sent(lab.of('Command', `machine@${name}`))).toContain(
        `--node-ip=${privateIp},${address}\n`,
      );
    });
  });

  test('has the addresses in its outputs, from which the whole plan follows', async () => {
    const { topology } = readOutputs((await valuesOf(outputs)) as unknown as StackOutputs);
    each(topology.nodes, ({ name, privateIp6 }) => {
      expect(ipaddr.IPv6.isValid(privateIp6!)).toBe(true);
      expect(lab.of('Instance', name).inputs.ipv6Addresses).toEqual([privateIp6]);
    });
    expect(topology.ipv6!.routes.map(({ nextHopIp }) => nextHopIp)).toEqual(
      topology.nodes.filter(({ role }) => role === 'worker').map(({ privateIp6 }) => privateIp6),
    );
    expect(topology.ipv6).not.toHaveProperty('gateway');
  });
});
