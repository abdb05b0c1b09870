import { deadLeaders, notReady, readyPods } from '../../../../cli/actions/await-cluster';

const RESTORED = new Date('2026-01-01T10:00:00.700Z');
const BEFORE = '2026-01-01T09:59:58Z';
const AFTER = '2026-01-01T10:00:04Z';

const lease = (name: string, renewTime: string) => ({
  kind: 'Lease',
  metadata: { name, namespace: 'kube-system' },
  spec: { renewTime },
});
const node = (lastHeartbeatTime: string, status = 'True') => ({
  kind: 'Node',
  metadata: { name: 'worker-0' },
  status: { conditions: [{ type: 'Ready', status, lastHeartbeatTime }] },
});
const pod = (startedAt: string, status = 'True') => ({
  kind: 'Pod',
  metadata: { name: 'web', namespace: 'default' },
  status: {
    conditions: [{ type: 'Ready', status }],
    containerStatuses: [{ ready: true, state: { running: { startedAt } } }],
  },
});
const leaders = (time: string) => [
  lease('kube-controller-manager', time),
  lease('kube-scheduler', time),
];
const expected = { workers: ['worker-0'], pods: ['Pod default/web'] };

describe('notReady', () => {
  test('returns an empty list if every object was reported after the restore', () => {
    const objects = [...leaders(AFTER), node(AFTER), pod(AFTER)];
    expect(notReady(objects, expected, RESTORED)).toEqual([]);
  });

  test('ignores reports from before the restore', () => {
    const objects = [...leaders(BEFORE), node(BEFORE), pod(BEFORE)];
    expect(notReady(objects, expected, RESTORED)).toEqual([
      'Lease kube-system/kube-controller-manager',
      'Lease kube-system/kube-scheduler',
      'Node worker-0',
      'Pod default/web',
    ]);
  });

  test('waits for a node and a pod that are not Ready', () => {
    const objects = [...leaders(AFTER), node(AFTER, 'False'), pod(AFTER, 'False')];
    expect(notReady(objects, expected, RESTORED)).toEqual(['Node worker-0', 'Pod default/web']);
  });

  test('waits for a missing node, and for no pod that its controller has deleted', () => {
    expect(notReady(leaders(AFTER), expected, RESTORED)).toEqual(['Node worker-0']);
  });

  test('waits for no pod that was not Ready at the save', () => {
    const objects = [...leaders(AFTER), node(AFTER), pod(BEFORE)];
    expect(notReady(objects, { ...expected, pods: [] }, RESTORED)).toEqual([]);
  });
});

test('deadLeaders names the leases that were not renewed since the restore', () => {
  const objects = [
    lease('kube-controller-manager', BEFORE),
    lease('kube-scheduler', AFTER),
    lease('another', BEFORE),
  ];
  expect(deadLeaders(objects, RESTORED)).toEqual(['kube-controller-manager']);
});

test('readyPods leaves out pods that end, are deleted or are not Ready', () => {
  const job = { ...pod(AFTER), spec: { restartPolicy: 'Never' } };
  const deleted = {
    ...pod(AFTER),
    metadata: { name: 'gone', namespace: 'default', deletionTimestamp: AFTER },
  };
  expect(readyPods([pod(AFTER)])).toEqual(['Pod default/web']);
  expect(readyPods([job, deleted, pod(AFTER, 'False'), node(AFTER)])).toEqual([]);
});
