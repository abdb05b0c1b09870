import * as fs from 'node:fs';
import * as path from 'node:path';
import * as pulumi from '@pulumi/pulumi';
import type { Access } from '../checks';
import { boundedRun } from '../util/bounded-run';
import { parseLab } from '../cli/lab/name';
import { installed } from '../cli/actions/ensure-toolchain';
import { labConfig } from '../cli/lab/settings';
import { Certificates } from '../components/pki/certificates';
import { payload, RECEIVE } from '../components/bootstrap/session';
import { OUTLINE, stepsOf } from '../components/bootstrap/plan';
import type { BootstrapArgs } from '../components/bootstrap/step';
import { mirrorUrl } from '../components/local/image-mirror';
import type { LabOutputs } from '../components/outputs';
import type { UpLab } from '../cli/lab/access';
import { tlsKinds } from '../provider/tls';
import { startPods, timed, type BenchLab } from './lab';
import { succeed } from './succeed';

const STAGE = 'cluster';

/**
 * Replaces the engine, so that the provider's code creates keys and certificates in this process.
 */
function createKeysInProcess(): void {
  pulumi.runtime.setMocks({
    call: () => ({}),
    newResource: async ({ name, type, inputs }) =>
      tlsKinds[type]?.create(inputs) ?? { id: name, state: inputs },
  });
}

const value = <T>(output: pulumi.Output<T>): Promise<T> =>
  new Promise((resolve) => void output.apply(resolve));

/** Returns the arguments of bootstrap for a lab with existing nodes. */
function bootstrapArgs({ lab, topology, nodes, apiServer }: LabOutputs): BootstrapArgs {
  const publicIps = Object.fromEntries(nodes.map(({ name, publicIp }) => [name, publicIp]));
  const certificates = new Certificates('pki', {
    topology,
    apiAddress: new URL(apiServer).hostname,
    publicIps,
  });
  return {
    topology,
    certificates,
    config: { ...labConfig(parseLab(lab)), stage: STAGE },
    machines: [],
    imageMirror: mirrorUrl(topology),
    disposable: true,
  };
}

/**
 * Runs every step on every node, one after another, each over its own SSH login, like the Hard Way.
 */
async function runSteps({ files }: UpLab, args: BootstrapArgs): Promise<void> {
  for (const session of OUTLINE) {
    for (const step of session.steps) {
      for (const node of args.topology.nodes) {
        if (!stepsOf({ ...session, steps: [step] }, node, STAGE).length) continue;
        const { archive } = await value(payload([step], node, args));
        await succeed('ssh', ['-F', files.sshConfig, node.name, RECEIVE], {
          stdin: archive,
          seconds: 300,
        });
      }
    }
  }
}

/** Returns the admin's kubectl with the certificates of this process. */
async function kubectlOf(
  program: string,
  args: BootstrapArgs,
  directory: string,
): Promise<Pick<Access, 'kubectl'>> {
  const kubeconfig = path.join(directory, 'kubeconfig');
  fs.writeFileSync(kubeconfig, await value(args.certificates.adminKubeconfig), { mode: 0o600 });
  return {
    kubectl: (words, stdin) =>
      boundedRun(program, ['--kubeconfig', kubeconfig, ...words], { stdin, seconds: 60 }),
  };
}

/** Measures a scripted Hard Way until CoreDNS and the test pods are Ready, in seconds. */
export async function hardWay(
  lab: BenchLab,
  directory: string,
): Promise<{ machines: number; steps: number }> {
  const machines = await timed(() => lab.up('--stage', 'none'));
  const up = await lab.found();
  const { kubectl } = await installed();
  const steps = await timed(async () => {
    createKeysInProcess();
    const args = bootstrapArgs(up.outputs);
    await runSteps(up, args);
    await startPods(await kubectlOf(kubectl, args, directory), args.topology.nodes);
  });
  return { machines, steps };
}
