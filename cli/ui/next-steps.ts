import type { UpLab } from '../lab/access';
import { labArgument, type Lab } from '../lab/name';
import { columns } from './prompt';

/** What a student types next. */
export function wayIn(lab: Lab, { outputs, files }: UpLab): string {
  const name = labArgument(lab);
  // The lab's files are root's: ./lab asks sudo by itself, ssh and kubectl don't.
  const sudo = process.env.SUDO_USER ? 'sudo ' : '';
  const rows = [
    [`./lab ssh${name} worker-0`, 'as ubuntu, with sudo'],
    [`${sudo}ssh -F ${files.sshConfig} worker-0`, 'the same, and for scp'],
  ];
  if (outputs.kubeconfig) {
    rows.push(
      [
        `./lab kubectl${name} -- get nodes -o wide`,
        `or ${sudo}kubectl --kubeconfig ${files.kubeconfig}`,
      ],
      [`curl ${outputs.nodePortUrl}`, "the article's nginx, with examples/nginx-service.yaml"],
    );
  }
  rows.push([`./lab down${name}`, 'removes the lab']);
  const nodes = columns([
    ['NAME', 'PRIVATE IP', 'PUBLIC IP'],
    ...outputs.nodes.map((node) => [node.name, node.privateIp, node.publicIp]),
  ]);
  return `${nodes}\n\nHow to get in:\n${columns(rows).replace(/^/gm, '  ')}`;
}
