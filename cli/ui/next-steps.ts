import type { UpLab } from '../lab/access';
import { caller } from '../hand-back';
import { isPast } from '../lab/expiry';
import { labArgument, type LabRef } from '../lab/name';
import { textIf } from '../../util/optional';
import { columns } from './prompt';

/**
 * Describes the expiry of a lab, and that nothing removes it automatically. Empty if the lab never
 * expires.
 */
function endOf(lab: LabRef, expires: string, now: number): string {
  if (expires === '') return '';
  const name = labArgument(lab);
  if (isPast({ expires }, now))
    return `\n\nThe lab's expiry, ${expires}, is past: the next ./lab reap removes it.
  ./lab extend${name} 2h extends it.`;
  return `\n\nThe lab expires at ${expires}, but nothing removes it automatically${textIf(lab.cloud !== 'local', ', and it costs money until it is removed')}:
  ./lab reap removes every expired lab (from cron: docs/guides/classroom.md), ./lab extend${name} 2h extends it.`;
}

/** Lists the nodes of a lab and the commands that a student types next. */
export function nextSteps(lab: LabRef, { outputs, files }: UpLab, now = Date.now()): string {
  const name = labArgument(lab);
  // After `sudo ./lab` the lab's files belong to root; after `./lab`, to the caller.
  const sudo = textIf(process.env.SUDO_USER && !caller(), 'sudo ');
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
  return `${nodes}\n\nNext steps:\n${columns(rows).replace(/^/gm, '  ')}${endOf(lab, outputs.expires, now)}`;
}
