import { configuration } from '../../../rehearsal/data-plane/balancer';
import type { Balancer } from '../../../rehearsal/data-plane/world';
import { smallWorld } from './small-world';

const balancer = (preserveClientIp = false): Balancer => ({
  id: 'b1',
  interface: 'eni-000000000001',
  listeners: [
    {
      port: 6443,
      protocol: 'TCP',
      targets: {
        port: 6443,
        preserveClientIp,
        instances: [
          { id: 'i-1', port: 6443 },
          { id: 'i-gone', port: 6443 },
        ],
        health: {
          protocol: 'HTTPS',
          path: '/healthz',
          port: 'traffic-port',
          interval: 10,
          timeout: 5,
          healthy: 2,
          unhealthy: 2,
        },
      },
    },
  ],
});

describe('balancer', () => {
  test('sends connections to the targets that exist, as their health check says', () => {
    const text = configuration(balancer(), '10.240.0.5', smallWorld());
    expect(text).toContain('bind 10.240.0.5:6443');
    expect(text).toContain('option httpchk GET /healthz');
    expect(text).toContain('server i-1 10.240.0.10:6443 check check-ssl verify none inter 10s');
    expect(text).not.toContain('i-gone');
  });

  test('does not serve a target group that preserves client addresses', () => {
    expect(configuration(balancer(true), '10.240.0.5', smallWorld())).not.toContain('listen');
  });
});
