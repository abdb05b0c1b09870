import { parseConfig } from '../../../../../components/config';
import { topology } from '../../../../../components/topology';
import type { BootstrapArgs } from '../../../../../components/bootstrap/step';
import { kubeApiserver } from '../../../../../components/bootstrap/steps/kube-apiserver';

const plan = topology(parseConfig({}));
const controllers = plan.nodes.filter(({ role }) => role === 'controller');

test.each(controllers)('the API server of $name uses only the etcd member on $name', (node) => {
  const args = { topology: plan, machines: [] as BootstrapArgs['machines'] } as BootstrapArgs;
  const [unit] = kubeApiserver.files!(node, args);
  const members = /--etcd-servers=(\S+)/.exec(String(unit.content))?.[1];
  expect(members).toBe(`https://${node.privateIp}:2379`);
});
