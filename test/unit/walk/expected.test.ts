import { parseConfig } from '../../../components/config';
import { topology } from '../../../components/topology';
import { expectedHops, type Flow } from '../../../walk/expected';

const plan = topology(parseConfig({ cloud: 'local' }));

const busybox = { pod: { place: 'pod default/busybox0', node: 'worker-0', veth: 'vethA' } };
const near = { pod: { place: 'pod default/ng0', node: 'worker-0', veth: 'vethB' } };
const far = { pod: { place: 'pod default/ng1', node: 'worker-1', veth: 'vethC' } };

const FROM_POD = ['pod default/busybox0 eth0 out', 'worker-0 vethA in', 'worker-0 cnio0 in'];
const ROUTED = [
  'worker-0 eth0 out',
  'VPC router worker-0 in',
  'VPC router vpc in',
  'VPC router vpc out',
  'VPC router worker-1 out',
  'worker-1 eth0 in',
];
const TO_POD = ['worker-1 cnio0 out', 'worker-1 vethC out', 'pod default/ng1 eth0 in'];
const FROM_LAPTOP = ['laptop hw0 out', 'VPC router internet in', 'VPC router vpc out'];

const flows: [string, Flow, string[]][] = [
  [
    'from pod to pod on another node',
    { from: busybox, to: far },
    [...FROM_POD, ...ROUTED, ...TO_POD],
  ],
  [
    'from pod to pod on the same node',
    { from: busybox, to: near },
    [
      'pod default/busybox0 eth0 out',
      'worker-0 vethA in',
      'worker-0 vethB out',
      'pod default/ng0 eth0 in',
    ],
  ],
  [
    'from the laptop to a NodePort with the pod on another node',
    { from: { laptop: 'hw0' }, to: far, entry: 'worker-0' },
    [...FROM_LAPTOP, 'VPC router worker-0 out', 'worker-0 eth0 in', ...ROUTED, ...TO_POD],
  ],
  [
    'from the laptop to a NodePort with the pod on the same node',
    { from: { laptop: 'hw0' }, to: far, entry: 'worker-1' },
    [...FROM_LAPTOP, 'VPC router worker-1 out', 'worker-1 eth0 in', ...TO_POD],
  ],
  [
    'from node to node',
    { from: { node: 'worker-0' }, to: { node: 'worker-1' } },
    ['worker-0 eth0 out', 'VPC router worker-0 in', 'VPC router worker-1 out', 'worker-1 eth0 in'],
  ],
  [
    'from a node to a pod on another node',
    { from: { node: 'worker-0' }, to: far },
    [...ROUTED, ...TO_POD],
  ],
  [
    'from a pod to another node',
    { from: busybox, to: { node: 'worker-1' } },
    [
      ...FROM_POD,
      'worker-0 eth0 out',
      'VPC router worker-0 in',
      'VPC router worker-1 out',
      'worker-1 eth0 in',
    ],
  ],
  [
    'from a pod to an address outside the lab, up to the router',
    { from: busybox, to: undefined },
    [...FROM_POD, 'worker-0 eth0 out', 'VPC router worker-0 in', 'VPC router vpc in'],
  ],
];

describe('expected hops', () => {
  test.each(flows)('lead %s', (_name, flow, hops) => {
    expect(
      expectedHops(plan, flow).map(({ place, interface: name, way }) => `${place} ${name} ${way}`),
    ).toEqual(hops);
  });
});
