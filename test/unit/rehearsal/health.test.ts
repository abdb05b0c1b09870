import { checkedTargets, counted } from '../../../rehearsal/data-plane/health';
import { planNetwork } from '../../../rehearsal/data-plane/network-plan';
import type { Targets, World } from '../../../rehearsal/data-plane/world';
import { smallWorld } from './small-world';

const HEALTH: Targets['health'] = {
  protocol: 'HTTP',
  path: '/healthz',
  port: '10256',
  ...{ interval: 10, timeout: 5, healthy: 2, unhealthy: 2 },
};

/** Returns the small world with a balancer that preserves client addresses. */
function balancedWorld(): World {
  const world = smallWorld();
  world.interfaces.push({
    ...world.interfaces[0],
    ...{ id: 'eni-000000000009', privateIp: '10.240.0.5', publicIp: '198.18.0.50' },
  });
  const instances = ['1', '2'].map((number) => ({ id: `i-${number}`, port: 31080 }));
  const targets = { port: 31080, preserveClientIp: true, instances, health: HEALTH };
  world.balancers.push({
    ...{ id: 'b1', interface: 'eni-000000000009' },
    listeners: [{ port: 80, protocol: 'TCP', targets }],
  });
  return world;
}

const ruleset = (healthy: string[], world = balancedWorld()): string =>
  planNetwork(world, world.vpcs[0], '100.64.1.1', (key) => healthy.includes(key)).nft;

describe('a balancer that preserves client addresses', () => {
  test('sends connections to healthy targets only', () =>
    expect(ruleset(['b1 80 i-2'])).toContain(
      'iifname "internet" ip daddr 198.18.0.50 tcp dport 80 dnat ip to jhash ip saddr . tcp sport mod 1 map { 0 : 10.240.0.20 . 31080 }',
    ));

  test('sends connections to all targets if none is healthy, as AWS does', () =>
    expect(ruleset([])).toContain('map { 0 : 10.240.0.10 . 31080, 1 : 10.240.0.20 . 31080 }'));

  test('has the rules of its security groups in both directions', () => {
    const text = ruleset([]);
    expect(text).toContain('iifname "internet" ip daddr 198.18.0.50 jump in_p000000000009');
    expect(text).toContain(
      'iifname "internet" ct original ip daddr 198.18.0.50 jump out_p000000000009',
    );
  });

  test('has no listener without an internet gateway', () => {
    const world = balancedWorld();
    world.vpcs[0].gateway = null;
    expect(ruleset([], world)).not.toContain('jhash');
  });

  test('asks each target at the port of the health check', () =>
    expect(checkedTargets(balancedWorld()).map(({ key, url }) => [key, url])).toEqual([
      ['b1 80 i-1', 'http://10.240.0.10:10256/healthz'],
      ['b1 80 i-2', 'http://10.240.0.20:10256/healthz'],
    ]));
});

describe('the health of a target', () => {
  test('changes after as many contrary answers as its threshold says', () => {
    const first = counted({ isHealthy: false, against: 0 }, true, HEALTH);
    expect(first).toEqual({ isHealthy: false, against: 1 });
    expect(counted(first, true, HEALTH)).toEqual({ isHealthy: true, against: 0 });
  });

  test('forgets contrary answers that are not in a row', () =>
    expect(counted({ isHealthy: true, against: 1 }, true, HEALTH)).toEqual({
      isHealthy: true,
      against: 0,
    }));
});
