import { type JumpLogin, type LabOutputs, loginOf } from '../../components/outputs';
import { listOf } from '../../util/optional';

/**
 * Login on a lab's jump host. It forwards connections to the nodes and the API of that lab only.
 */
export interface JumpHost extends JumpLogin {
  /** Name or address of the jump host, as the student's computer reaches it. */
  host: string;
}

/** Name of the jump host in an ssh_config. No node has it. */
export const JUMP = 'jump';

/**
 * Files that an ssh_config refers to. Paths are absolute, or relative to the directory in which ssh
 * is started.
 */
export interface SshFiles {
  sshKey: string;
  knownHosts: string;
  sshConfig: string;
}

function host(name: string, settings: Record<string, string | number | undefined>): string {
  const lines = Object.entries(settings)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `  ${key} ${value}\n`);
  return `Host ${name}\n${lines.join('')}`;
}

/** Renders an ssh_config with every node of a lab, each with its login. */
export function sshConfig(
  outputs: Pick<LabOutputs, 'lab' | 'nodes' | 'topology'>,
  files: SshFiles,
  jump?: JumpHost,
): string {
  const nodes = outputs.nodes.map((node) => {
    const login = loginOf(outputs, node);
    // The jump host is inside the lab; known_hosts lists the node by its public address.
    if (jump)
      return host(node.name, {
        HostName: node.privateIp,
        HostKeyAlias: login.host,
        ProxyJump: JUMP,
      });
    return host(node.name, { HostName: login.host, ProxyJump: login.through?.name });
  });
  return [
    `# Lab ${outputs.lab}: ssh -F "${files.sshConfig}" worker-0\n`,
    ...listOf(jump).map((one) =>
      host(JUMP, { HostName: one.host, Port: one.port, User: one.user }),
    ),
    ...nodes,
    // Comes last, because ssh uses the first value that it finds.
    host('*', {
      User: 'ubuntu',
      IdentityFile: `"${files.sshKey}"`,
      IdentitiesOnly: 'yes',
      UserKnownHostsFile: `"${files.knownHosts}"`,
      GlobalKnownHostsFile: '/dev/null',
      StrictHostKeyChecking: 'yes',
      LogLevel: 'ERROR',
    }),
  ].join('');
}

/** Returns the name of a host in known_hosts: with its port, unless that is the port of ssh. */
function nameInKnownHosts({ host, port }: Pick<JumpHost, 'host' | 'port'>): string {
  if (port === 22) return host;
  return `[${host}]:${port}`;
}

/** Renders the known_hosts for the ssh_config. */
export function knownHosts(outputs: Pick<LabOutputs, 'knownHosts'>, jump?: JumpHost): string {
  const nodes = `${outputs.knownHosts.trimEnd()}\n`;
  if (!jump) return nodes;
  return `${nameInKnownHosts(jump)} ${jump.hostKey}\n${nodes}`;
}
