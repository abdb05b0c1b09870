import { type JumpLogin, type LabOutputs, loginOf } from '../../components/outputs';

/** A login by way of which a lab is reached from elsewhere: it hands connections on to that lab's nodes and API, nothing else. */
export interface JumpHost extends JumpLogin {
  /** Name or address of its machine, as the student's knows it. */
  host: string;
}

/** What the jump host is called in an ssh_config; no node is. */
export const JUMP = 'jump';

/** The files that an ssh_config names: absolute, or relative to where ssh is started. */
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

/** The text of an ssh_config with every node of a lab by name, each by its way in. */
export function sshConfig(
  outputs: Pick<LabOutputs, 'lab' | 'nodes' | 'topology'>,
  files: SshFiles,
  jump?: JumpHost,
): string {
  const nodes = outputs.nodes.map((node) => {
    const login = loginOf(outputs, node);
    // The jump host stands inside the lab; known_hosts has the node by its address from outside.
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
    ...(jump ? [host(JUMP, { HostName: jump.host, Port: jump.port, User: jump.user })] : []),
    ...nodes,
    // Last, as ssh takes the first value that it finds.
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

/** The known_hosts that goes with it. */
export const knownHosts = (outputs: Pick<LabOutputs, 'knownHosts'>, jump?: JumpHost): string =>
  `${jump ? `${jump.port === 22 ? jump.host : `[${jump.host}]:${jump.port}`} ${jump.hostKey}\n` : ''}${outputs.knownHosts.trimEnd()}\n`;
