import { createAccess, verify, type Report } from '../../checks';
import { withAccess, findLab } from '../../cli/lab/access';
import type { Drill } from '../../cli/drills/drill';
import { findDrill } from '../../cli/drills/loader';
import { createObjects, deleteObjects } from '../../cli/drills/open-lab';
import { breakLab, runSolution } from '../../cli/drills/places';
import { Engine } from '../../cli/engine';
import { parseLab } from '../../cli/lab/name';
import { installed } from '../../cli/actions/ensure-toolchain';
import { boundedRun, type Ran } from '../../util/bounded-run';

/** Runs commands that change a lab: on its nodes and in the cluster. Each call throws if the command fails. */
export interface Hands {
  /** Runs a bash script as root on a node; returns its output. */
  node(name: string, script: string): Promise<string>;
  /** Runs a program in the router's network namespace; returns its output. */
  router(...args: string[]): Promise<string>;
  kubectl(...args: string[]): Promise<string>;
  /** Breaks the lab as a drill does. */
  break(drill: Drill): Promise<void>;
  /** Repairs the lab with the solution of a drill. */
  solve(drill: Drill): Promise<void>;
}

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

/** Does `work` on a lab that a drill has broken, then repairs the lab. */
export async function whileBroken<T>(
  { hands }: OpenLab,
  name: string,
  work: () => Promise<T>,
): Promise<T> {
  const drill = findDrill(name);
  await hands.break(drill);
  try {
    return await work();
  } finally {
    await hands.solve(drill);
  }
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
    async break(drill) {
      if (drill.objects) await createObjects(access, drill.objects);
      await breakLab(access, drill);
    },
    async solve({ solve, clean, objects }) {
      await runSolution(access, solve);
      if (clean) await runSolution(access, clean);
      if (objects) await deleteObjects(access);
    },
  };
  await Promise.all(outputs.nodes.map((node) => hands.node(node.name, 'true')));
  return {
    hands,
    look: (only) => withAccess(up, toolchain.kubectl, (own) => verify(own, { only })),
    close: () => access.close(),
  };
}
