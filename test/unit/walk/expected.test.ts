import { parseConfig } from '../../../components/config';
import { topology } from '../../../components/topology';
import { expectedHops, expectedReply, type ExpectedHop, type Flow } from '../../../walk/expected';

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

const spell = (hops: ExpectedHop[]): string[] =>
  hops.map(({ place, interface: name, way }) => `${place} ${name} ${way}`);

describe('expected hops', () => {
  test.each(flows)('lead %s', (_name, flow, hops) => {
    expect(spell(expectedHops(plan, flow))).toEqual(hops);
  });
});

const FROM_FAR = ['pod default/ng1 eth0 out', 'worker-1 vethC in', 'worker-1 cnio0 in'];
const TO_BUSYBOX = ['worker-0 cnio0 out', 'worker-0 vethA out', 'pod default/busybox0 eth0 in'];
const SWITCHED_BACK = [
  'worker-1 eth0 out',
  'VPC router worker-1 in',
  'VPC router worker-0 out',
  'worker-0 eth0 in',
];
const ROUTED_BACK = [
  'worker-1 eth0 out',
  'VPC router worker-1 in',
  'VPC router vpc in',
  'VPC router vpc out',
  'VPC router worker-0 out',
  'worker-0 eth0 in',
];
const toLaptop = (node: string): string[] => [
  `${node} eth0 out`,
  `VPC router ${node} in`,
  'VPC router vpc in',
  'VPC router internet out',
  'laptop hw0 in',
];

const answers: [string, Flow, boolean, string[]][] = [
  [
    'to a pod on a node that masquerades, over the VPC’s switch',
    { from: busybox, to: far },
    true,
    [...FROM_FAR, ...SWITCHED_BACK, ...TO_BUSYBOX],
  ],
  [
    'to a pod without masquerade, over the VPC’s route',
    { from: busybox, to: far },
    false,
    [...FROM_FAR, ...ROUTED_BACK, ...TO_BUSYBOX],
  ],
  [
    'to a pod on the same node, over the bridge',
    { from: busybox, to: near },
    true,
    [
      'pod default/ng0 eth0 out',
      'worker-0 vethB in',
      'worker-0 vethA out',
      'pod default/busybox0 eth0 in',
    ],
  ],
  [
    'to the laptop by the node that it asked, with the pod on another node',
    { from: { laptop: 'hw0' }, to: far, entry: 'worker-0' },
    false,
    [...FROM_FAR, ...SWITCHED_BACK, ...toLaptop('worker-0')],
  ],
  [
    'to the laptop by the node that it asked, with the pod on the same node',
    { from: { laptop: 'hw0' }, to: far, entry: 'worker-1' },
    true,
    [...FROM_FAR, ...toLaptop('worker-1')],
  ],
  [
    'to a node from a node',
    { from: { node: 'worker-0' }, to: { node: 'worker-1' } },
    true,
    SWITCHED_BACK,
  ],
  [
    'to a node from a pod on another node',
    { from: { node: 'worker-0' }, to: far },
    false,
    [...FROM_FAR, ...SWITCHED_BACK],
  ],
  ['nowhere, if the destination is outside the lab', { from: busybox, to: undefined }, true, []],
];

describe('the expected answer', () => {
  test.each(answers)('goes %s', (_name, flow, ipMasq, hops) => {
    expect(spell(expectedReply(flow, ipMasq))).toEqual(hops);
  });
});
