import { parseWalk } from '../../../cli/commands/walk';
import { parseSource, parseTarget, type Named, type Source } from '../../../walk/endpoints';

const named: Named = {
  nodes: [{ name: 'worker-0', privateIp: '10.240.0.20', publicIp: '198.18.0.20' }],
  publicCidrs: ['198.18.0.0/24'],
  cluster: {
    pods: [
      { namespace: 'default', name: 'busybox0-1', node: 'worker-0', ip: '10.200.0.4' },
      { namespace: 'other', name: 'nginx-1', node: 'worker-0', ip: '10.200.0.5' },
      { namespace: 'other', name: 'nginx-2', node: 'worker-0', ip: '10.200.0.6' },
    ],
    services: [
      {
        namespace: 'default',
        name: 'nginx',
        clusterIp: '10.32.0.9',
        externalIps: ['198.18.0.30'],
        ports: [{ protocol: 'tcp', port: 80, nodePort: 31088 }],
      },
    ],
  },
};
const laptop: Source = { kind: 'laptop' };
const busybox = parseSource('busybox0', named);
const target = (word: string, source: Source, options = {}) =>
  parseTarget(word, { source, named, options });

describe('SRC', () => {
  test.each(['busybox0-1', 'busybox0', 'worker-0/busybox0', 'default/busybox0-1'])(
    '%s is the pod busybox0-1',
    (word) => {
      expect(parseSource(word, named)).toMatchObject({ kind: 'pod', pod: { ip: '10.200.0.4' } });
    },
  );

  test('is refused if it can be two pods, or none', () => {
    expect(() => parseSource('nginx', named)).toThrow(
      /can be 2 pods: other\/nginx-1, other\/nginx-2/,
    );
    expect(() => parseSource('worker-9', named)).toThrow(/is no pod, node or address/);
  });
});

describe('DST', () => {
  test('is a ClusterIP for svc/, and a public address for the laptop', () => {
    expect(target('svc/nginx', busybox)).toMatchObject({
      address: '10.32.0.9',
      port: 80,
      protocol: 'tcp',
    });
    expect(target('worker-0:31088', laptop)).toMatchObject({
      address: '198.18.0.20',
      service: { name: 'nginx' },
    });
    expect(target('worker-0', busybox)).toMatchObject({ address: '10.240.0.20', protocol: 'icmp' });
  });

  test('is refused for the laptop if it is outside the public addresses of the lab', () => {
    expect(() => target('8.8.8.8', laptop)).toThrow(/The laptop reaches only/);
    expect(() => target('busybox0', laptop)).toThrow(/The laptop reaches only/);
  });

  test('is refused if protocol and port do not fit', () => {
    expect(() => target('worker-0:80', busybox, { protocol: 'icmp' })).toThrow(/icmp has no ports/);
    expect(() => target('worker-0', busybox, { protocol: 'udp' })).toThrow(/udp needs a port/);
  });
});

test('lab walk takes an optional NAME before SRC and DST', () => {
  expect(parseWalk(['a', 'b'])).toMatchObject({ lab: { stack: 'local' }, from: 'a', to: 'b' });
  expect(parseWalk(['s01', 'a', 'b'])).toMatchObject({ lab: { stack: 'local-s01' } });
  expect(() => parseWalk(['a'])).toThrow(/needs SRC and DST/);
});
