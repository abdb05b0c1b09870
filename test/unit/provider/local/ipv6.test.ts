import { matches } from '../../../../provider/local/firewall/kind';
import { networkKind } from '../../../../provider/local/network/kind';
import { routerSettingNames, routerSettings } from '../../../../provider/local/router/router';
import { isIptables, rulesetOf } from '../../../../provider/local/router/ruleset';

const mockHost = { ipv6: true };
jest.mock('../../../../provider/local/shared/ipv6', () => ({ hasIpv6: () => mockHost.ipv6 }));
jest.mock('../../../../provider/local/shared/slots', () => ({
  ...jest.requireActual<object>('../../../../provider/local/shared/slots'),
  chooseSlot: () => 3,
}));

const MAC = '02:00:0a:f0:00:01';

describe('the packet filter of the router', () => {
  const ipv4 = rulesetOf('10.240.0.1', MAC);
  const dual = rulesetOf('10.240.0.1', MAC, 'fd00:10:240::1');

  test('has nothing of IPv6 in an IPv4 lab, and drops its frames', () => {
    expect(ipv4).not.toMatch(/ip6|icmpv6|\$\{/);
    expect(ipv4).toContain('ether type != { ip, arp } drop');
  });

  test('is the one of an IPv4 lab with additions in a dual-stack lab', () => {
    expect(dual.startsWith(ipv4.replace('{ ip, arp }', '{ ip, arp, ip6 }'))).toBe(true);
    expect(dual).not.toContain('${');
  });

  test('admits neighbour discovery in a dual-stack lab, but no router advertisement', () => {
    const added = dual.slice(ipv4.length);
    expect(added).toContain('icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept');
    expect(added).toContain('ip6 daddr fd00:10:240::1 icmpv6 type echo-request accept');
    expect(added).not.toMatch(/nd-router-advert.*accept/);
  });

  test('drops foreign IPv6 sources and destinations unless the node may forward', () => {
    expect(dual).toContain('iifname . ip6 saddr != @addresses6 counter drop');
    expect(dual).toContain('oifname . ip6 daddr != @addresses6 counter drop');
  });

  test.each([
    ['ip', 'nat', true],
    ['ip6', 'mangle', true],
    ['ip6', 'nat', false],
    ['inet', 'vpc', false],
  ])('counts the table %s %s as one of iptables: %s', (family, table, expected) =>
    expect(isIptables(family, table)).toBe(expected),
  );
});

describe('the settings of the router', () => {
  test('leave IPv6 off for new interfaces of a dual-stack lab, except the bridge', () => {
    expect(routerSettings(true, true)).toMatchObject({
      'net.ipv6.conf.default.disable_ipv6': '1',
      'net.ipv6.conf.all.forwarding': '1',
      'net.bridge.bridge-nf-call-ip6tables': '1',
    });
    expect(routerSettingNames(true)).toEqual(
      expect.arrayContaining([
        'net.ipv6.conf.vpc.disable_ipv6',
        'net.ipv6.conf.internet.disable_ipv6',
      ]),
    );
  });

  test('forward no IPv6 in an IPv4 lab', () => {
    expect(routerSettings(true)).not.toHaveProperty('net.ipv6.conf.all.forwarding');
    expect(routerSettingNames(false).join()).not.toContain('ipv6.conf.vpc');
  });
});

describe('a firewall rule', () => {
  const rule = { name: 'one', description: '', sources: ['fd00:10:240::/64'], targets: [] };

  test('matches IPv6 sources as nft calls them', () => {
    expect(matches({ ...rule, protocol: 'icmpv6' })).toBe(
      'ip6 saddr { fd00:10:240::/64 } meta l4proto icmpv6',
    );
    expect(matches({ ...rule, protocol: 'tcp', firstPort: 1, lastPort: 9 })).toBe(
      'ip6 saddr { fd00:10:240::/64 } tcp dport 1-9',
    );
  });

  test('matches IPv4 sources and targets as before', () => {
    const sources = ['10.240.0.0/24', '10.200.0.0/16'];
    expect(matches({ ...rule, sources, protocol: 'icmp' })).toBe(
      'ip saddr { 10.240.0.0/24, 10.200.0.0/16 } ip protocol icmp',
    );
    expect(matches({ ...rule, sources, targets: ['10.240.0.10'], protocol: 'icmp' })).toBe(
      'ip saddr { 10.240.0.0/24, 10.200.0.0/16 } ip daddr { 10.240.0.10 } ip protocol icmp',
    );
  });
});

describe('a network', () => {
  const news = { lab: 'local-x', publicPool: '198.18.0.0/15' };
  const reasons = async (more: object): Promise<string[]> =>
    ((await networkKind.check!({ ...news, ...more }, undefined, new Set())).failures ?? []).map(
      ({ reason }) => reason,
    );

  test('with IPv6 is refused on a host without it, before it is created', async () => {
    mockHost.ipv6 = false;
    expect(await reasons({ gateway6: 'fd00:10:240::1' })).toEqual([
      'ipFamily is dual, but this host has no IPv6: boot it without ipv6.disable=1, or remove ipFamily',
    ]);
    expect(await reasons({})).toEqual([]);
  });

  test.each([
    ['fd00:10:240::1', undefined],
    [undefined, 'fd00:10:240::1'],
  ])('is replaced when its IPv6 address %s becomes %s', async (before, after) => {
    const common = { ...news, router: 'r' };
    const of = (gateway6?: string): object => (gateway6 ? { ...common, gateway6 } : common);
    const diff = async (olds: object, wanted: object): Promise<string[]> =>
      (await networkKind.diff!({ ...olds, trouble: '' } as never, wanted as never, new Set()))
        .replace ?? [];
    expect(await diff(of(before), of(after))).toEqual(['gateway6']);
    expect(await diff(of(before), of(before))).toEqual([]);
  });

  test('with IPv6 is accepted on a host that has it', async () => {
    mockHost.ipv6 = true;
    expect(await reasons({ gateway6: 'fd00:10:240::1' })).toEqual([]);
  });
});
