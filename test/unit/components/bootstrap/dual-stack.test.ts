import type { LabConfig } from '../../../../components/config';
import { type Registered, registered, sent } from '../../../support/bootstrap-graph';

const lab = (config: Partial<LabConfig>): Promise<Map<string, Registered>> =>
  registered({ config });

describe('a dual-stack lab', () => {
  let resources: Map<string, Registered>;
  beforeAll(async () => {
    resources = await lab({ ipFamily: 'dual' });
  });
  const files = (session: string): string => sent(resources.get(session)!);

  test('gives the CNI bridge a range and a default route of each family', () => {
    const [text] = /\{\s*"cniVersion": "0\.3\.1",\s*"name": "bridge"[^]*?\n\}\n/.exec(
      files('machine@worker-1'),
    )!;
    expect(JSON.parse(text)).toMatchObject({
      ipMasq: true,
      ipam: {
        ranges: [[{ subnet: '10.200.1.0/24' }], [{ subnet: 'fd00:10:200:1::/64' }]],
        routes: [{ dst: '0.0.0.0/0' }, { dst: '::/0' }],
      },
    });
  });

  test('gives kubelet, kube-proxy and the kernel of a worker both families', () => {
    const worker = files('machine@worker-1');
    expect(worker).toContain('--node-ip=10.240.0.21,fd00:10:240::21\n');
    expect(worker).toContain('podCIDR: 10.200.1.0/24,fd00:10:200:1::/64\n');
    expect(files('registration@worker-1')).toContain(
      'clusterCIDR: 10.200.0.0/16,fd00:10:200::/48\n',
    );
    expect(worker).toContain('net.ipv6.conf.all.forwarding = 1\n');
    expect(worker).toContain('net.bridge.bridge-nf-call-ip6tables = 1\n');
  });

  test('exempts pods from NAT before containerd starts the first one', () => {
    expect(files('machine@worker-1')).toContain(
      'ExecStart=/opt/hardway/pod-bridge.sh\nExecStart=/opt/hardway/pod-ipv6.sh fd00:10:200::/48\n',
    );
    expect(files('machine@worker-1')).toContain('/opt/hardway/pod-ipv6.sh\0');
  });

  test('gives services both families', () => {
    const controller = files('machine@controller-0');
    const services = '--service-cluster-ip-range=10.32.0.0/24,fd00:10:32::/112 ';
    expect(controller.split(services)).toHaveLength(3);
    expect(controller).toContain('--cluster-cidr=10.200.0.0/16,fd00:10:200::/48 ');
    expect(files('workloads@controller-0')).toContain(
      '  clusterIP: 10.32.0.10\n  clusterIPs: ["10.32.0.10", "fd00:10:32::a"]\n  ipFamilyPolicy: PreferDualStack\n  ipFamilies: [IPv4, IPv6]\n  selector:\n',
    );
  });

  test('has the IPv6 ClusterIP of the API in its certificate', () => {
    expect(resources.get('pki-kube-apiserver')!.inputs.ipAddresses).toEqual(
      expect.arrayContaining(['10.32.0.1', 'fd00:10:32::1']),
    );
  });
});

test('an IPv4 lab has no IPv6 in any file that configures a program', async () => {
  const resources = await lab({});
  const machine = [...resources.values()].filter(({ name }) => /^(machine|objects)@/.test(name));
  expect(machine.length).toBeGreaterThan(5);
  const texts = machine.map(sent).join('\n');
  expect(texts).not.toMatch(/fd00:|"::\/0"|net\.ipv6|clusterIPs|PreferDualStack/);
  expect(texts).not.toContain('pod-ipv6.sh');
});
