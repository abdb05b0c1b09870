import { isDeepStrictEqual } from 'node:util';
import type { LabOutputs } from '../../components/outputs';
import type { Node } from '../../components/topology';
import { itemsIf, listOf } from '../../util/optional';
import type { Check } from '../check';
import { type as typeOn, type LabUnderTest } from '../lab';

/** Where the article has the file. */
const CNI_FILE = '/etc/cni/net.d/10-bridge.conf';

/** Path of a lab's CNI file: the article's, or a list of plugins if the lab has hostPorts. */
export function cniFile({ config }: Pick<LabOutputs, 'config'>): string {
  if (config.hostPorts) return `${CNI_FILE}list`;
  return CNI_FILE;
}

/**
 * Returns the bridge plugin's config from a CNI file. In a list of plugins, the bridge plugin comes
 * first, and cniVersion and name belong to the list.
 */
export function bridgeConfig(text: string): Record<string, unknown> {
  const { plugins, ...common } = JSON.parse(text) as Record<string, unknown> & {
    plugins?: Record<string, unknown>[];
  };
  return { ...common, ...plugins?.[0] };
}
const PLUGINS = ['bridge', 'host-local', 'loopback'];

/** Fields of the plan that a worker's CNI config repeats. */
interface CniPlan {
  podCidr: string;
  /** Unset unless the lab is dual-stack. */
  podCidr6?: string;
  ipMasq: boolean;
  mtu: number;
}

/** Returns the fields of the article's CNI config. A lab's config may have more fields (mtu). */
export function expectedConfig({
  podCidr,
  podCidr6,
  ipMasq,
}: Omit<CniPlan, 'mtu'>): Record<string, unknown> {
  const subnets = [podCidr, ...listOf(podCidr6)];
  const destinations = ['0.0.0.0/0', ...itemsIf(podCidr6, '::/0')];
  return {
    cniVersion: '0.3.1',
    name: 'bridge',
    type: 'bridge',
    bridge: 'cnio0',
    isGateway: true,
    ipMasq,
    ipam: {
      type: 'host-local',
      ranges: subnets.map((subnet) => [{ subnet }]),
      routes: destinations.map((dst) => ({ dst })),
    },
  };
}

/** Compares a worker's CNI config with the plan. Returns one phrase for each difference. */
export function configProblems(text: string, plan: CniPlan): string[] {
  const { mtu } = plan;
  let config: Record<string, unknown>;
  try {
    config = bridgeConfig(text);
  } catch (error) {
    return [`it is not JSON: ${(error as Error).message}`];
  }
  // For the plugin, a missing ipMasq is false.
  const defaults: Record<string, unknown> = { ipMasq: false };
  const problems = Object.entries(expectedConfig(plan)).flatMap(([key, wanted]) => {
    if (isDeepStrictEqual(config[key] ?? defaults[key], wanted)) return [];
    const seen = JSON.stringify(config[key]) ?? 'missing';
    return [`${key} is ${seen}, expected ${JSON.stringify(wanted)}`];
  });
  if (config.mtu !== undefined && config.mtu !== mtu)
    problems.push(`mtu is ${JSON.stringify(config.mtu)}, expected ${mtu}`);
  return problems;
}

const planOf = (lab: LabUnderTest, { podCidr, podCidr6 }: Node): CniPlan => ({
  podCidr: podCidr!,
  podCidr6,
  ipMasq: lab.outputs.ipMasq,
  mtu: lab.topology.mtu,
});

async function look(
  lab: LabUnderTest,
  worker: Node,
): Promise<{ evidence: string; problems: string[] }> {
  const [config, plugins] = await typeOn(lab, worker.name, [
    `cat ${cniFile(lab.outputs)}`,
    `for plugin in ${PLUGINS.join(' ')}; do [ -x /opt/cni/bin/$plugin ] && echo $plugin; done; true`,
  ]);
  const present = plugins.trim().split(/\s+/);
  const problems = [
    ...configProblems(config, planOf(lab, worker)).map((problem) => `${worker.name}: ${problem}`),
    ...PLUGINS.filter((plugin) => !present.includes(plugin)).map(
      (plugin) => `${worker.name}: no ${plugin} in /opt/cni/bin`,
    ),
  ];
  return { evidence: `${config.trim()}\n${present.join('  ')}`, problems };
}

const cniConfig: Check = {
  id: 'cni.config',
  title: "The bridge plugin's config on every worker",
  node: 'every worker',
  command: `cat ${CNI_FILE}; ls /opt/cni/bin`,
  expected:
    'bridge cnio0, isGateway, ipMasq as configured, host-local with the POD_CIDR in doubly nested ranges, route 0.0.0.0/0; all plugins exist',
  stage: 'network',
  workers: 1,
  dependsOn: ['nodes.list'],
  summaryLine: /"subnet"/,
  async run(lab) {
    const seen = await Promise.all(
      lab.workers.map((worker) =>
        look(lab, worker).catch((error: Error) => ({ evidence: '', problems: [error.message] })),
      ),
    );
    const shown = Math.max(
      0,
      seen.findIndex(({ problems }) => problems.length > 0),
    );
    const worker = lab.workers[shown];
    const { name } = worker;
    return {
      node: lab.workers.map((one) => one.name).join(', '),
      command: `cat ${cniFile(lab.outputs)}; ls /opt/cni/bin`,
      expected: `on ${name}: ${JSON.stringify(expectedConfig(planOf(lab, worker)))}; ${PLUGINS.join(', ')} in /opt/cni/bin; likewise on the other workers`,
      evidence: `${name}:\n${seen[shown].evidence}`,
      problems: seen.flatMap(({ problems }) => problems),
      look: `correct the file, or run \`./lab up\`, which repairs it; only new pods follow a changed file`,
    };
  },
};

export const cniChecks: Check[] = [cniConfig];
