import { checks, verify, type Report } from '../../checks';
import { withAccess } from '../lab/access';
import { itemsIf } from '../../util/optional';
import type { Drill } from './drill';
import type { OpenDrillLab } from './open-lab';
import { runAt, runSolution } from './places';
import { solve, start } from './session';

/** Result of one drill's trial. The drill works if `problems` is empty. */
export interface Trial {
  drill: string;
  /** Result of the checks at the end. */
  report: Report;
  /** Seconds until the symptom was shown. */
  broke: number;
  /** Seconds of the whole trial. */
  seconds: number;
  /** Result of the checks while the lab was broken. */
  broken: Report;
  problems: string[];
}

const failing = ({ checks }: Report): string[] =>
  checks.filter(({ status }) => status === 'fail').map(({ id }) => id);

/** Lists what one list has and the other has not. */
const missingIn = (all: string[], some: string[]): string[] =>
  all.filter((one) => !some.includes(one));

/** Compares the failed checks with those that the drill names. */
function compareFailures(drill: Drill, report: Report): string[] {
  // Checks of a load balancer run on some labs only, and no drill names them.
  const found = failing(report).filter((id) => checks.some((check) => check.id === id));
  const passing = missingIn(drill.fails, found);
  const others = missingIn(found, [...drill.fails, ...(drill.may ?? [])]);
  return [
    ...itemsIf(passing.length > 0, `passes while broken: ${passing.join(', ')}`),
    ...itemsIf(others.length > 0, `fails too: ${others.join(', ')}`),
  ];
}

/** Script that prints the state of a node which a drill could change and a check might not see. */
const NODE_STATE = `
hostname
# A bridge has a carrier while a pod is on its node.
ip -o link | grep -v veth | sed 's/^[0-9]*: //; s/<[^>]*>//; s/ qdisc.*//'
ip route | sed 's/ linkdown//'
sudo iptables-save | grep -E '^(-A|:)' | grep -vE 'KUBE|CNI' | sed 's/ \\[.*//'
sysctl net.ipv4.ip_forward net.ipv4.conf.cnio0.forwarding net.bridge.bridge-nf-call-iptables
sudo find /etc /opt/cni -xdev -type f -exec cksum {} +
sudo find /run -maxdepth 1 -type f ! -name utmp
systemctl list-units --type=service --state=running,failed --plain --no-legend | grep -vE 'user@|session' | sed 's/ .*//'
test "$(sudo conntrack -C)" -lt 100000 && echo 'conntrack is not full'
`;

/** Script that prints the state of the router, in an order that does not matter. */
const ROUTER_STATE = `
ip route
nft list ruleset | sed 's/counter packets [0-9]* bytes [0-9]*/counter/' | sort
`;

/** Reads the state of nodes, router and cluster, as lines. */
const stateOf = ({ up, kubectl }: OpenDrillLab): Promise<string[]> =>
  withAccess(up, kubectl, async (access) => {
    const nodes = up.outputs.nodes.map(({ name }) => name);
    const places = [...nodes, 'router'];
    const ran = await Promise.all(
      places.map((place) => runAt(access, place, place === 'router' ? ROUTER_STATE : NODE_STATE)),
    );
    const cluster = await access.kubectl(['get', 'namespaces', '--output=name']);
    const lines = ran.flatMap(({ stdout }, index) =>
      stdout.split('\n').map((line) => `${places[index]}: ${line.trim()}`),
    );
    // The namespaces of the checks are deleted a few seconds later.
    const names = cluster.stdout.split('\n').filter((name) => !name.includes('hardway-verify'));
    return [...lines, ...names];
  });

function compareStates(before: string[], after: string[]): string[] {
  return [
    ...missingIn(after, before).map((line) => `left: ${line}`),
    ...missingIn(before, after).map((line) => `lost: ${line}`),
  ];
}

const checked = ({ up, kubectl }: OpenDrillLab, only?: string[]): Promise<Report> =>
  withAccess(up, kubectl, (access) => verify(access, { only }));

/**
 * Tries a drill on a lab: breaks it, compares the failed checks, tries the wrong repair, types the
 * solution in a terminal, and looks for what is left. The caller ends a drill that is not solved.
 * `healthy` is the result of all checks just before.
 */
export async function tryDrill(lab: OpenDrillLab, drill: Drill, healthy?: Report): Promise<Trial> {
  const started = Date.now();
  const since = (): number => Math.round((Date.now() - started) / 100) / 10;
  const problems: string[] = [];
  // The first pod on a worker makes its bridge, so the state is read after the checks.
  const healthyReport = healthy ?? (await checked(lab));
  const before = await stateOf(lab);
  await start(lab, drill, healthyReport);
  const broke = since();
  // Nothing was repaired: the drill must not pass.
  const report = await checked(lab);
  problems.push(...compareFailures(drill, report));
  const { wrong } = drill;
  if (wrong) {
    await withAccess(lab.up, lab.kubectl, (access) => runSolution(access, wrong));
    if ((await checked(lab, drill.fails)).failed === 0) problems.push('passes after wrong.sh');
  }
  const { ended, report: after } = await solve(lab, drill);
  if (!ended) problems.push(`fails after solve.sh: ${failing(after).join(', ')}`);
  else problems.push(...compareStates(before, await stateOf(lab)));
  return {
    ...{ drill: drill.name, report: after, broke, seconds: since() },
    ...{ broken: report, problems },
  };
}
