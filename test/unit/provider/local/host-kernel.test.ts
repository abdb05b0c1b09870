import { loadBridgeFilter } from '../../../../provider/local/network/host-kernel';
import { routerSettings } from '../../../../provider/local/router/router';

describe('loading br_netfilter', () => {
  const ran: string[] = [];
  const run = async (program: string, args: string[]) => {
    ran.push([program, ...args].join(' '));
    return { code: 0, stdout: '', stderr: '' };
  };
  beforeEach(() => void (ran.length = 0));

  test('turns the filter off for the bridges of the host', async () => {
    await loadBridgeFilter(() => ran.length > 0, run);
    expect(ran).toEqual([
      'modprobe br_netfilter',
      'sysctl -qw net.bridge.bridge-nf-call-iptables=0 net.bridge.bridge-nf-call-ip6tables=0 net.bridge.bridge-nf-call-arptables=0',
    ]);
  });

  test('changes nothing if another program has loaded it', async () => {
    await loadBridgeFilter(() => true, run);
    expect(ran).toEqual([]);
  });
});

describe('the settings of the router', () => {
  test('turn IPv6 off', () => {
    expect(routerSettings(true)).toMatchObject({ 'net.ipv6.conf.all.disable_ipv6': '1' });
  });

  test('have nothing of IPv6 on a host without it', () => {
    const names = Object.keys(routerSettings(false));
    expect(names).toContain('net.ipv4.ip_forward');
    expect(names.filter((name) => name.includes('ipv6'))).toEqual([]);
  });
});
