import { createAccess, verify, type Report } from '../../checks';
import { boundedRun, type Ran } from '../../util/bounded-run';
import { findLab, withAccess } from '../../cli/lab/access';
import { Engine } from '../../cli/engine';
import { parseLab } from '../../cli/lab/name';
import { installed } from '../../cli/actions/ensure-toolchain';
import type { Hands } from './fault';

/** Lab that is up, with open connections: tests break, repair and verify it without starting `./lab` each time. */
export interface OpenLab {
  hands: Hands;
  /** Runs `lab verify --only …` over new logins, so that a fault that blocks logins blocks these too. */
  look(only?: string[]): Promise<Report>;
  close(): Promise<void>;
}

function printed(what: string, ran: Ran): string {
  if (ran.code !== 0) throw new Error(`${what} exited ${ran.code}: ${ran.stderr || ran.stdout}`);
  return ran.stdout;
}

/** Opens the lab of this name in the state directory HARDWAY_STATE. Throws if the lab is not up. */
export async function openLab(name: string): Promise<OpenLab> {
  const toolchain = await installed();
  // `Engine.open` changes the umask of the process. Later tests need the old one.
  const umask = process.umask();
  const up = await findLab(await Engine.open(toolchain), parseLab(name)).finally(() =>
    process.umask(umask),
  );
  if (!up) throw new Error(`lab ${name} is not up`);
  const { outputs, files } = up;
  // These logins are opened before any fault, so they keep working if a node accepts no new connection.
  const access = createAccess({
    outputs,
    sshKeyFile: files.sshKey,
    knownHostsFile: files.knownHosts,
    kubeconfigFile: files.kubeconfig,
    kubectl: toolchain.kubectl,
  });
  const hands: Hands = {
    node: async (node, script) =>
      printed(
        `${node}: ${script}`,
        await access.onNode(node, `sudo bash -eu <<'SCRIPT'\n${script}\nSCRIPT`),
      ),
    router: async (...args) =>
      printed(
        `router: ${args.join(' ')}`,
        await boundedRun('ip', ['netns', 'exec', outputs.router!, ...args], { seconds: 10 }),
      ),
    kubectl: async (...args) => printed(`kubectl ${args.join(' ')}`, await access.kubectl(args)),
  };
  await Promise.all(outputs.nodes.map((node) => hands.node(node.name, 'true')));
  return {
    hands,
    look: (only) => withAccess(up, toolchain.kubectl, (own) => verify(own, { only })),
    close: () => access.close(),
  };
}
