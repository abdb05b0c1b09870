import { addressAt, overlap } from '../../util/cidr';
import type { Node, Topology } from '../../components/topology';
import { problemUnless } from '../../util/problems';
import type { Check, Evidence } from '../check';
import { type as typeOn, type LabUnderTest } from '../lab';
import type { Route } from '../parsers/listings';
import { firstPods } from '../probes/pod-namespace';
import { problemsByTable, routesCommand, type VpcRoute } from '../access';

const routePod: Check = {
  id: 'route.pod',
  title: "The pod's route table leads to the bridge",
  node: 'worker-0',
  command: 'sudo ip netns exec NETNS ip route show',
  expected: "default via the bridge's address, the pod CIDR as a link",
  stage: 'network',
  workers: 1,
  dependsOn: ['cni.config'],
  async run(lab): Promise<Evidence> {
    const { nginx } = await firstPods(lab);
    const { podCidr } = lab.workers[0];
    const gateway = addressAt(podCidr!, 1);
    const command = `sudo ip netns exec ${nginx.namespace} ip route show`;
    const [plain, json] = await typeOn(lab, nginx.pod.node, [
      command,
      command.replace('ip route show', 'ip -j route show'),
    ]);
    const routes = JSON.parse(json) as Route[];
    const standard = routes.find(({ dst }) => dst === 'default');
    const own = routes.find(({ dst }) => dst === podCidr);
    return {
      node: nginx.pod.node,
      command,
      expected: `default via ${gateway} dev eth0; ${podCidr} dev eth0 scope link src ${nginx.pod.ip}`,
      evidence: plain.trimEnd(),
      problems: [
        ...problemUnless(standard, 'the pod has no default route'),
        ...problemUnless(
          !standard || (standard.gateway === gateway && standard.dev === 'eth0'),
          `default goes via ${standard?.gateway} dev ${standard?.dev}, expected ${gateway} dev eth0`,
        ),
        ...problemUnless(
          own?.scope === 'link' && own.dev === 'eth0' && own.prefsrc === nginx.pod.ip,
          `${podCidr} is not a link on eth0 with src ${nginx.pod.ip}`,
        ),
      ],
      look: "look at ipam's routes and ranges in the CNI config",
    };
  },
};

/** Compares a worker's route table with the plan. A cloud's instance may have a /32 address and a link to the gateway. */
export function hostRouteProblems(routes: Route[], worker: Node, plan: Topology): string[] {
  const { gateway, cidr } = worker.subnet;
  const standard = routes.find(({ dst }) => dst === 'default');
  const link = (dst: string, dev?: string): boolean =>
    routes.some(
      (one) => one.dst === dst && one.scope === 'link' && one.dev === dev && !one.gateway,
    );
  return [
    ...problemUnless(standard, 'no default route'),
    ...problemUnless(
      !standard || standard.gateway === gateway,
      `default goes via ${standard?.gateway}, expected ${gateway}`,
    ),
    ...problemUnless(link(worker.podCidr!, 'cnio0'), `${worker.podCidr} is not a link on cnio0`),
    ...routes
      .filter((one) => one.dst === worker.podCidr && one.dev !== 'cnio0')
      .map(
        ({ dst, dev }) =>
          `${dst} is also on ${dev}: look at \`brctl show ${dev}\`; delete the leftover bridge of an edited CNI config by \`sudo ip link del ${dev}\``,
      ),
    ...problemUnless(
      link(cidr, standard?.dev) || link(gateway, standard?.dev),
      `${cidr} is not a link on ${standard?.dev ?? "the default route's interface"}`,
    ),
    ...routes
      .filter(
        (one) =>
          one.dst !== worker.podCidr && one.dst.includes('/') && overlap(one.dst, plan.podCidr),
      )
      .map(
        (one) =>
          `${one.dst} has its own route, via ${one.gateway ?? one.dev}: the VPC router routes other pod networks, so delete it (\`sudo ip route del ${one.dst}\`) and look at what added it`,
      ),
  ].map((problem) => `${worker.name}: ${problem}`);
}

async function hostRoutes(
  lab: LabUnderTest,
  worker: Node,
): Promise<{ lines: string[]; problems: string[] }> {
  // The worker's first pod creates the bridge and its route.
  await lab.pods.busybox(worker.name);
  const [plain, json] = await typeOn(lab, worker.name, ['ip route list', 'ip -j route list']);
  const lines = plain
    .trim()
    .split('\n')
    .map((line) => `${worker.name}: ${line.trim()}`);
  return { lines, problems: hostRouteProblems(JSON.parse(json) as Route[], worker, lab.topology) };
}

const routeHost: Check = {
  id: 'route.host',
  title: "The workers' route tables follow the plan",
  node: 'every worker',
  command: 'ip route list',
  expected:
    "default via the VPC router; the worker's pod CIDR on cnio0; the node network on the default route's interface",
  stage: 'network',
  workers: 1,
  dependsOn: ['cni.config'],
  async run(lab): Promise<Evidence> {
    const seen = await Promise.all(
      lab.workers.map((worker) =>
        hostRoutes(lab, worker).catch((error: Error) => ({ lines: [], problems: [error.message] })),
      ),
    );
    const { gateway, cidr } = lab.workers[0].subnet;
    return {
      node: lab.workers.map(({ name }) => name).join(', '),
      command: routeHost.command,
      expected: `default via ${gateway}; ${cidr} a link; on cnio0 ${lab.workers.map(({ name, podCidr }) => `${podCidr} (${name})`).join(', ')}`,
      evidence: seen.flatMap(({ lines }) => lines).join('\n'),
      problems: seen.flatMap(({ problems }) => problems),
      look: 'look at cnio0 on that worker, and at isGateway in its CNI config',
    };
  },
};

type Row = Pick<VpcRoute, 'destination' | 'nextHop' | 'table'>;

/** Compares the VPC router's tables with the plan's pod routes. Each table must have all pod routes. */
export const vpcRouteProblems = (rows: Row[], plan: Topology): string[] =>
  problemsByTable(rows, (table) => tableProblems(table, plan));

function tableProblems(table: Row[], plan: Topology): string[] {
  const planned = plan.routes.flatMap((route) => {
    const seen = table.filter(({ destination }) => destination === route.destination);
    if (seen.length === 0)
      return [`no route for ${route.destination}, expected one to ${route.nextHop}`];
    return seen
      .filter(({ nextHop }) => nextHop !== route.nextHopIp)
      .map(
        ({ nextHop }) =>
          `${route.destination} goes to ${nextHop}, expected ${route.nextHopIp} (${route.nextHop})`,
      );
  });
  const others = table
    .filter(({ destination }) => destination.includes('/') && overlap(destination, plan.podCidr))
    .filter(({ destination }) => !plan.routes.some((route) => route.destination === destination))
    .map(
      ({ destination, nextHop }) =>
        `${destination} goes to ${nextHop}, a route that is not in the plan`,
    );
  return [...planned, ...others];
}

const routeVpc: Check = {
  id: 'route.vpc',
  title: 'The VPC router has a pod route for each worker',
  node: 'VPC router',
  command: 'sudo ip -n ROUTER route',
  expected: "every worker's pod CIDR to that worker",
  stage: 'none',
  workers: 1,
  async run(lab): Promise<Evidence> {
    const table = await lab.access.routes();
    return {
      node: 'VPC router',
      command: routesCommand(lab.outputs),
      expected: lab.topology.routes
        .map(({ destination, nextHopIp }) => `${destination} via ${nextHopIp}`)
        .join('; '),
      evidence: table.map(({ line }) => line).join('\n'),
      problems: vpcRouteProblems(table, lab.topology),
      look: '`./lab up` repairs the routes',
    };
  },
};

export const routeChecks: Check[] = [routePod, routeHost, routeVpc];
