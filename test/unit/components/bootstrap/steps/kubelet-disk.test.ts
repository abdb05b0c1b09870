import { parse } from 'yaml';
import { parseConfig } from '../../../../../components/config';
import { topology } from '../../../../../components/topology';
import type { BootstrapArgs } from '../../../../../components/bootstrap/step';
import { kubelet } from '../../../../../components/bootstrap/steps/kubelet';

const plan = topology(parseConfig({}));
const worker = plan.nodes.find(({ name }) => name === 'worker-0')!;

function config(disposable: boolean): Record<string, any> {
  const args = {
    topology: plan,
    machines: [] as BootstrapArgs['machines'],
    disposable,
  } as BootstrapArgs;
  const file = kubelet.files!(worker, args).find(({ path }) => path.endsWith('config.yaml'))!;
  return parse(String(file.content).replace('@CGROUP_DRIVER@', 'systemd')) as Record<string, any>;
}

test('kubelet of a local lab evicts no pod for a full disk', () => {
  expect(config(true)).toMatchObject({
    imageGCHighThresholdPercent: 100,
    evictionHard: {
      'memory.available': '100Mi',
      'nodefs.available': '0%',
      'nodefs.inodesFree': '0%',
      'imagefs.available': '0%',
    },
  });
});

test('kubelet in a cloud keeps the default thresholds', () => {
  expect(config(false)).not.toHaveProperty('evictionHard');
  expect(config(false)).toHaveProperty('cgroupDriver');
});
