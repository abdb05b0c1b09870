import { declaredNodes, declaredRouter } from '../../../../cli/actions/declared-parts';
import type { UpSnapshot } from '../../../../cli/actions/up';

const NODE = {
  lab: 'local',
  network: 'g1',
  name: 'worker-0',
  tree: '/trees/1',
  store: '/store/1',
  privateIp: '10.240.0.20',
  publicIp: '198.18.0.20',
  gateway: '10.240.0.1',
  prefixLength: 24,
  mtu: 1500,
  canIpForward: true,
};
const IPV6 = { privateIp6: 'fd00:10:240::20', gateway6: 'fd00:10:240::1' };
const ROUTER = {
  lab: 'local',
  router: 'hardway.local.router',
  nodeCidr: '10.240.0.0/24',
  gateway: '10.240.0.1',
  publicCidr: '198.18.0.0/24',
  publicPool: '198.18.0.0/15',
  hostIp: '198.18.0.1',
  mtu: 1500,
};

/** Returns the state of a lab with one node, and fields that a restore does not use. */
const stateOf = (node: object, router: object) =>
  ({
    resources: [
      { type: 'hardway:local:Network', outputs: { ...router, generation: 'g1', trouble: '' } },
      { type: 'hardway:local:Instance', outputs: { ...node, hostPrivateKey: 'SECRET' } },
    ],
  }) as unknown as UpSnapshot;

describe('the declared parts of a lab', () => {
  test('have the IPv6 addresses of a dual-stack lab', () => {
    const { gateway6 } = IPV6;
    const state = stateOf({ ...NODE, ...IPV6 }, { ...ROUTER, gateway6 });
    expect(declaredNodes(state)).toEqual([{ ...NODE, ...IPV6 }]);
    expect(declaredRouter(state, 'hw0')).toEqual({ ...ROUTER, gateway6, link: 'hw0' });
  });

  test('have no IPv6 fields in an IPv4 lab', () => {
    const state = stateOf(NODE, ROUTER);
    expect(Object.keys(declaredNodes(state)[0]).sort()).toEqual(Object.keys(NODE).sort());
    expect(declaredRouter(state, 'hw0')).not.toHaveProperty('gateway6');
  });

  test('hold no private key', () =>
    expect(JSON.stringify(declaredNodes(stateOf(NODE, ROUTER)))).not.toContain('SECRET'));
});
