import {
  ConfigError,
  type LabConfig,
  parseConfig,
  type RawConfig,
} from '../../../components/config';
import { rulesByGroup } from '../../../components/security-group-rules';
import { topology } from '../../../components/topology';
import { graphOn } from '../../support/aws-graph';
import { each } from '../../support/each';

const cidrs = (count: number): string =>
  Array.from({ length: count }, (_, index) => `198.51.100.${index}/32`).join(',');
const parsed = (admins: number, nodePorts: number, profile = 'full'): LabConfig =>
  parseConfig({
    cloud: 'aws',
    profile,
    adminCidrs: cidrs(admins),
    nodePortCidrs: cidrs(nodePorts),
  });

function mistakesOf(...args: Parameters<typeof parsed>): string[] {
  try {
    parsed(...args);
    return [];
  } catch (error) {
    return (error as ConfigError).mistakes;
  }
}

describe('the rules of AWS’s security groups', () => {
  test.each<RawConfig>([
    {},
    { profile: 'small' },
    { adminCidrs: cidrs(27), nodePortCidrs: cidrs(60) },
    { profile: 'small', adminCidrs: '10.240.0.0/24,198.51.100.7/32', nodePortCidrs: cidrs(9) },
  ])('are counted like the created ones with %j', async (raw) => {
    const { all, plan } = await graphOn(raw);
    const made = all.filter(
      ({ type, inputs }) =>
        type.endsWith(':SecurityGroupIngressRule') && inputs.securityGroupId !== 'balancer-id',
    );
    const counts = rulesByGroup(plan.rules);
    expect([...counts.values()].reduce((sum, count) => sum + count, 0)).toBe(made.length);
    each([...counts], ([target, count]) => {
      expect(
        made.filter(({ inputs }) => inputs.securityGroupId === `nodes-${target}-id`),
      ).toHaveLength(count);
    });
  });

  test.each([
    [27, 60, 'full'],
    [20, 14, 'small'],
  ])('fit with %i adminCidrs and %i nodePortCidrs in profile %s', (admins, nodePorts, profile) => {
    const counts = [...rulesByGroup(topology(parsed(admins, nodePorts, profile)).rules).values()];
    expect(Math.max(...counts)).toBe(60);
  });

  test.each([
    [28, 1, 'full', '62 rules in a security group, and AWS allows 60: at most 27 adminCidrs fit;'],
    [
      1,
      61,
      'full',
      '61 rules in a security group, and AWS allows 60: at most 60 nodePortCidrs fit;',
    ],
    [20, 15, 'small', 'at most 19 adminCidrs fit, or at most 14 nodePortCidrs fit;'],
    [30, 70, 'full', 'and AWS allows 60: shorten both;'],
  ])(
    'are one mistake with %i adminCidrs and %i nodePortCidrs in profile %s',
    (admins, nodePorts, profile, text) => {
      const mistakes = mistakesOf(admins, nodePorts, profile);
      expect(mistakes).toHaveLength(1);
      expect(mistakes[0]).toContain(text);
    },
  );

  test('are one for each port and CIDR in the group of a service’s balancer', () => {
    const of = (count: number) => () =>
      parseConfig({
        cloud: 'aws',
        adminCidrs: cidrs(1),
        nodePortCidrs: cidrs(count),
        loadBalancers: 'default/nginx:80=31080,default/nginx:443=31443',
      });
    expect(of(30)).not.toThrow();
    expect(of(31)).toThrow(/the balancer of default\/nginx needs 62 rules, one for each port and/);
  });

  test('are no limit on Google Cloud', () => {
    const config = { cloud: 'gcp', project: 'my-project', adminCidrs: cidrs(28) };
    expect(() => parseConfig(config)).not.toThrow();
  });
});
