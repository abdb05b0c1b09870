import { listOf } from '../../../../util/optional';
import { API_NAME, type Node, type Topology } from '../../../topology';
import { type Step, controllers, plain, script, template, workers } from '../../step';

/** Returns the lab's block of /etc/hosts. Workers list controllers in different orders, to share the load. */
function hosts(node: Node, topology: Topology): string {
  const all = controllers(topology);
  const first = node.index % all.length;
  return [
    '# hardway: begin',
    ...topology.nodes.map(({ privateIp, name }) => `${privateIp} ${name}`),
    ...[...all.slice(first), ...all.slice(0, first)].map(
      ({ privateIp }) => `${privateIp} ${API_NAME}`,
    ),
    '# hardway: end',
    '',
  ].join('\n');
}

const list = (nodes: Node[]): string =>
  nodes.map(({ name, privateIp }) => `${name}=${privateIp}`).join(' ');

export const ready: Step = {
  name: 'ready',
  description: 'The machine has booted, and resolves the names of the other nodes',
  on: 'all',
  stage: 'none',
  files: (node, { topology, metadataWall, metadataWall6 }) => [
    plain('/etc/hardway/hosts', hosts(node, topology)),
    plain(
      '/etc/hardway/node.env',
      template('ready/node.env', {
        NODE_NAME: node.name,
        NODE_IP: node.privateIp,
        API_PORT: topology.apiPort,
        CONTROLLERS: list(controllers(topology)),
        WORKERS: list(workers(topology)),
      }),
    ),
    ...listOf(metadataWall).map((wall) => plain('/etc/hardway/metadata-wall', `${wall}\n`)),
    ...listOf(metadataWall6).map((wall) => plain('/etc/hardway/metadata-wall6', `${wall}\n`)),
    script('/opt/hardway/common.sh', 'ready/common.sh'),
    script('/opt/hardway/status.sh', 'ready/status.sh'),
  ],
};
