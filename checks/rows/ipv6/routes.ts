import { textIf } from '../../../util/optional';
import { addressWithGroup, contains6, overlap6 } from '../../../util/cidr6';
import type { Node } from '../../../components/topology';
import { problemUnless } from '../../../util/problems';
import { problemsByTable, routesCommand, type VpcRoute } from '../../access';
import type { Check, Evidence } from '../../check';
import { type as typeOn, type LabUnderTest } from '../../lab';
import type { Route } from '../../parsers/listings';
import { firstPods } from '../../probes/pod-namespace';
import { gather, placeOf, planOf, type Seen } from './gather';

type Networks = ReturnType<typeof planOf>;

/** A cloud's router advertises itself with a link-local address, which the plan does not know. */
const ADVERTISED = 'a link-local address';

function isGateway(found: string | undefined, wanted: string): boolean {
  if (wanted === ADVERTISED) return /^fe80:/.test(found ?? '');
  return found === wanted;
}

/** Returns a phrase unless the default route has this gateway. */
function defaultProblem(routes: Route[], gateway: string): string[] {
  const standard = routes.find(({ dst }) => dst === 'default');
  if (!standard) return [`no IPv6 default route, expected one via ${gateway}`];
  return problemUnless(
    isGateway(standard.gateway, gateway),
    `default goes via ${standard.gateway}, expected ${gateway}`,
  );
}

const isLink = (routes: Route[], dst: string, dev: string): boolean =>
  routes.some((one) => one.dst === dst && one.dev === dev && one.gateway === undefined);

const routePod: Check = {
  id: 'ipv6.route.pod',
  title: "The pod's IPv6 route table leads to the bridge",
  node: 'worker-0',
  command: 'sudo ip netns exec NETNS ip -6 route show',
  expected: "default via the bridge's address, the worker's /64 as a link",
  stage: 'network',
  workers: 1,
  config: { ipFamily: 'dual' },
  dependsOn: ['cni.config'],
  async run(lab): Promise<Evidence> {
    const { nginx } = await firstPods(lab);
    const podCidr6 = lab.workers[0].podCidr6!;
    const gateway = addressWithGroup(podCidr6, '1');
    const command = `sudo ip netns exec ${nginx.namespace} ip -6 route show`;
    const [plain, json] = await typeOn(lab, nginx.pod.node, [
      command,
      command.replace('ip -6', 'ip -j -6'),
    ]);
    const routes = JSON.parse(json) as Route[];
    return {
      node: nginx.pod.node,
      command,
      expected: `default via ${gateway} dev eth0; ${podCidr6} dev eth0`,
      evidence: plain.trimEnd(),
      problems: [
        ...defaultProblem(routes, gateway),
        ...problemUnless(isLink(routes, podCidr6, 'eth0'), `${podCidr6} is not a link on eth0`),
      ],
      look: "look at ipam's routes and ranges in the CNI config",
    };
  },
};

/** Returns a phrase unless the node network is a link. On clouds, the router advertises what is. */
function linkProblem(routes: Route[], { nodeCidr }: Networks): string[] {
  if (nodeCidr === undefined || isLink(routes, nodeCidr, 'eth0')) return [];
  return [`${nodeCidr} is not a link on eth0`];
}

/** Compares a worker's IPv6 route table with the plan. */
export function hostProblems(routes: Route[], worker: Node, plan: Networks): string[] {
  const podCidr = worker.podCidr6!;
  const others = routes.filter(
    ({ dst }) => dst.includes('/') && dst !== podCidr && overlap6(dst, plan.podCidr),
  );
  return [
    ...defaultProblem(routes, plan.gateway ?? ADVERTISED),
    ...problemUnless(isLink(routes, podCidr, 'cnio0'), `${podCidr} is not a link on cnio0`),
    ...linkProblem(routes, plan),
    ...others.map(
      ({ dst, gateway, dev }) =>
        `${dst} has its own route, via ${gateway ?? dev}: the VPC router routes other pod networks, so delete it (\`sudo ip -6 route del ${dst}\`) and look at what added it`,
    ),
  ].map((problem) => `${worker.name}: ${problem}`);
}

async function hostRoutes(lab: LabUnderTest, worker: Node): Promise<Seen> {
  // The worker's first pod gives the bridge its address.
  await lab.pods.busybox(worker.name);
  const [plain, json] = await typeOn(lab, worker.name, ['ip -6 route list', 'ip -j -6 route list']);
  const lines = plain
    .trim()
    .split('\n')
    .filter((line) => !line.startsWith('fe80::'))
    .map((line) => `${worker.name}: ${line.trim()}`);
  return { lines, problems: hostProblems(JSON.parse(json) as Route[], worker, planOf(lab)) };
}

const routeHost: Check = {
  id: 'ipv6.route.host',
  title: "The workers' IPv6 route tables follow the plan",
  node: 'every worker',
  command: 'ip -6 route list',
  expected:
    "default via the VPC router; the worker's /64 on cnio0; the node network on eth0 (local labs)",
  stage: 'network',
  workers: 1,
  config: { ipFamily: 'dual' },
  dependsOn: ['cni.config', 'ipv6.nodes.list'],
  async run(lab): Promise<Evidence> {
    const { gateway = ADVERTISED, nodeCidr } = planOf(lab);
    return {
      node: placeOf(lab.workers),
      command: routeHost.command,
      expected: `default via ${gateway}; ${textIf(nodeCidr, `${nodeCidr} on eth0; `)}on cnio0 ${lab.workers.map(({ name, podCidr6 }) => `${podCidr6} (${name})`).join(', ')}`,
      ...(await gather(lab.workers, (worker) => hostRoutes(lab, worker))),
      look: 'look at cnio0 and eth0 on that worker',
    };
  },
};

type Row = Pick<VpcRoute, 'destination' | 'nextHop' | 'table'>;

/** Compares the router's IPv6 tables with the plan's pod routes. Each table must have all of them. */
export const vpcProblems = (rows: Row[], plan: Networks): string[] =>
  problemsByTable(rows, (table) => tableProblems(table, plan));

function tableProblems(table: Row[], plan: Networks): string[] {
  const planned = plan.routes.flatMap(({ destination, nextHop, nextHopIp }) => {
    const seen = table.find((row) => row.destination === destination);
    if (!seen) return [`no route for ${destination}, expected one to ${nextHop}`];
    if (seen.nextHop === nextHopIp) return [];
    return [
      `${destination} goes to ${seen.nextHop}, expected ${nextHopIp ?? 'an address'} (${nextHop})`,
    ];
  });
  const others = table
    .filter(({ destination }) => contains6(plan.podCidr, destination.split('/')[0]))
    .filter((row) => !plan.routes.some(({ destination }) => destination === row.destination))
    .map(
      ({ destination, nextHop }) =>
        `${destination} goes to ${nextHop}, a route that is not in the plan`,
    );
  return [...planned, ...others];
}

const routeVpc: Check = {
  id: 'ipv6.route.vpc',
  title: 'The VPC router has an IPv6 pod route for each worker',
  node: 'VPC router',
  command: 'sudo ip -n ROUTER -6 route',
  expected: "every worker's /64 to that worker",
  stage: 'none',
  workers: 1,
  config: { ipFamily: 'dual' },
  async run(lab): Promise<Evidence> {
    const plan = planOf(lab);
    const table = await lab.access.routes('ipv6');
    return {
      node: 'VPC router',
      command: routesCommand(lab.outputs, 'ipv6'),
      expected: plan.routes
        .map(({ destination, nextHopIp }) => `${destination} via ${nextHopIp}`)
        .join('; '),
      evidence: table.map(({ line }) => line).join('\n'),
      problems: vpcProblems(table, plan),
      look: '`./lab up` repairs the routes',
    };
  },
};

export const routeChecks: Check[] = [routePod, routeHost, routeVpc];
