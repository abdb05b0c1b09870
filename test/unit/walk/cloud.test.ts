import * as fs from 'node:fs';
import * as path from 'node:path';
import type { AwsVpc } from '../../../components/aws/read-vpc';
import { parseCapture } from '../../../walk/capture';
import { endingOf, type Facts } from '../../../walk/ending';
import { parsePacket } from '../../../walk/packet';
import { parseNamespaces } from '../../../walk/places';
import { INTERNET, ROUTER } from '../../../walk/place-names';
import type { ReportedVisit } from '../../../walk/report';
import { hostMachine, type Machine } from '../../../walk/taps/machine';
import type { Interface, Place } from '../../../walk/taps/namespaces';
import type { Seen } from '../../../walk/taps/tap';
import { parseTraces } from '../../../walk/trace';
import { awsInterfaces } from '../../../walk/vpc/aws';
import { withVpc } from '../../../walk/vpc/insert';
import { joinWay, type Visit } from '../../../walk/way';

interface Recorded {
  places: {
    name: string;
    machine: string;
    namespace: string | null;
    uplink: string | null;
    interfaces: [number, Interface][];
    capture: string;
    trace: string[];
  }[];
  vpc: AwsVpc;
}

/**
 * Output of every tap of `./lab walk aws laptop controller-0:31519` in a rehearsal with profile
 * small: the gateway sends the packet to worker-0, and the pod is on worker-1.
 */
const recorded = JSON.parse(
  fs.readFileSync(path.join(__dirname, 'fixtures/nodeport-aws.json'), 'utf8'),
) as Recorded;

const machine = (name: string): Machine => ({ ...hostMachine('/'), name });

/** Returns what the taps saw. `offsets`: nanoseconds by which the clock of a machine is wrong. */
function seenWith(offsets: Record<string, bigint> = {}): Seen[] {
  return recorded.places.map((one) => {
    const place: Place = {
      name: one.name,
      machine: machine(one.machine),
      namespace: one.namespace ?? undefined,
      interfaces: new Map(one.interfaces),
      ...(one.uplink && { uplink: one.uplink }),
    };
    const sightings = parseCapture(Buffer.from(one.capture, 'base64')).map(
      ({ ifindex, bytes, ...record }) => ({
        ...record,
        time: record.time + (offsets[one.machine] ?? 0n),
        place: one.name,
        interface: place.interfaces.get(ifindex)!.name,
        packet: parsePacket(bytes)!,
        bytes,
      }),
    );
    return { place, sightings, traces: parseTraces(one.trace.join('\n'), 'hardway_walk') };
  });
}

const PROBE = { protocol: 'tcp', marker: 0 } as const;

const hopsOf = (visits: Visit[]): string[] =>
  visits.flatMap(({ place, hops }) =>
    hops.map(({ way, interface: name }) => `${place.name} ${way} ${name.slice(0, 4)}`),
  );

const THERE = [
  'laptop out vpc1',
  'controller-0 in eth0',
  'controller-0 out eth0',
  'worker-0 in eth0',
  'worker-0 out eth0',
  'worker-1 in eth0',
  'worker-1 out cnio',
  'worker-1 out veth',
  'pod default/far in eth0',
];
const BACK = [
  'pod default/far out eth0',
  'worker-1 in veth',
  'worker-1 in cnio',
  'worker-1 out eth0',
  'worker-0 in eth0',
  'worker-0 out eth0',
  'controller-0 in eth0',
  'controller-0 out eth0',
  'laptop in vpc1',
];

const report = (visits: Visit[]): ReportedVisit[] =>
  visits.map(({ place, hops }) => ({
    place: place.name,
    hops: hops.map((hop) => ({ ...hop, changes: [] })),
    route: { kind: 'route', text: '', missing: false },
    rules: [],
    conntrack: '',
  }));

const NODES = new Map([
  ['10.240.0.10', 'controller-0'],
  ['10.240.0.20', 'worker-0'],
  ['10.240.0.21', 'worker-1'],
]);

const ROUTES = [0, 1].map((at) => ({
  name: `pod-route-worker-${at}`,
  destination: `10.200.${at}.0/24`,
  nextHop: `worker-${at}`,
  nextHopIp: `10.240.0.2${at}`,
}));

const knowledge = (vpc: AwsVpc, untapped: { node: string; reason: string }[] = []) => ({
  interfaces: awsInterfaces(vpc, NODES),
  uplinks: new Map([...NODES.values()].map((name) => [name, 'eth0'])),
  routes: ROUTES,
  untapped,
});

const facts = (forward: ReportedVisit[], reply: ReportedVisit[]): Facts => ({
  forward,
  reply,
  from: 'laptop',
  addresses: (place) =>
    seenWith()
      .filter((one) => one.place.name === place)
      .flatMap((one) => [...one.place.interfaces.values()].flatMap(({ addresses }) => addresses))
      .concat(place === 'laptop' ? '203.0.113.1' : []),
  target: { address: '198.18.0.10', protocol: 'tcp', port: 31519 },
  outcome: reply.length > 0 ? 'answered' : 'silent',
  detail: '',
  nodePorts: [30000, 32767],
});

describe('the way through machines with their own clocks', () => {
  test('is the recorded one with clocks that agree', () => {
    const { forward, reply } = joinWay(seenWith(), PROBE);
    expect(hopsOf(forward)).toEqual(THERE);
    expect(hopsOf(reply)).toEqual(BACK);
  });

  test('does not depend on the clocks', () => {
    const hour = 3_600_000_000_000n;
    const wrong = { laptop: 2n * hour, 'worker-1': -hour, 'controller-0': hour };
    const { forward, reply } = joinWay(seenWith(wrong), PROBE);
    expect(hopsOf(forward)).toEqual(THERE);
    expect(hopsOf(reply)).toEqual(BACK);
  });

  test('visits a node again when routes make a circle', () => {
    const [, gateway] = seenWith();
    const [arrival, departure] = gateway.sightings;
    const circle = (name: string, ttls: number[]): Seen => ({
      place: { ...gateway.place, name, machine: machine(name), uplink: 'eth0' },
      traces: [],
      sightings: ttls.map((ttl, at) => {
        const { packet, ...one } = at % 2 === 0 ? arrival : departure;
        return { ...one, place: name, time: BigInt(at), packet: { ...packet, ttl } };
      }),
    });
    const { forward } = joinWay(
      [circle('worker-1', [59, 58, 57, 56]), circle('worker-0', [60, 59, 58, 57])],
      PROBE,
    );
    expect(forward.map(({ place, hops }) => `${place.name} ${hops[0].packet.ttl}`)).toEqual([
      ...['worker-0 60', 'worker-1 59', 'worker-0 58', 'worker-1 57'],
    ]);
  });

  test('has the trace of each node at the visit of the node', () => {
    const { forward } = joinWay(seenWith(), PROBE);
    const traced = forward.filter(({ traces }) => traces.length > 0);
    expect(traced.map(({ place }) => place.name)).toEqual(
      expect.arrayContaining(['controller-0', 'worker-0', 'worker-1']),
    );
    const [gateway] = traced;
    expect(gateway.traces.flatMap(({ events }) => events.map(({ table }) => table))).toContain(
      'hardway-gateway',
    );
  });
});

describe('the VPC in a way', () => {
  const trip = joinWay(seenWith(), PROBE);
  const places = (visits: ReportedVisit[]): string[] => visits.map(({ place }) => place);

  test('stands wherever the packet leaves a machine, there and back', () => {
    const there = withVpc(report(trip.forward), false, knowledge(recorded.vpc));
    expect(places(there)).toEqual([
      ...['laptop', ROUTER, 'controller-0', ROUTER, 'worker-0', ROUTER, 'worker-1'],
      'pod default/far',
    ]);
    expect(there[5].route.text).toMatch(/^rtb-\w+: 10\.200\.1\.0\/24 via worker-1 \(eni-\w+\)$/);
    expect(there[1].rules[0].text).toContain('tcp 30000-32767 from 203.0.113.1/32');
    const back = withVpc(report(trip.reply), true, knowledge(recorded.vpc));
    expect(places(back)).toEqual([
      ...['pod default/far', 'worker-1', ROUTER, 'worker-0', ROUTER, 'controller-0', ROUTER],
      'laptop',
    ]);
    expect(endingOf(facts(there, back))).toMatchObject({
      outcome: 'delivered',
      place: 'pod default/far',
      check: 'nodeport.reach',
    });
  });

  /** Ends the recorded walk before worker-1. */
  const cut = (vpc: AwsVpc, untapped: { node: string; reason: string }[] = []) => {
    const seen = report(trip.forward.slice(0, 3));
    const forward = withVpc(seen, false, knowledge(vpc, untapped));
    return { forward, ending: endingOf(facts(forward, [])) };
  };

  const changed = (change: (vpc: AwsVpc) => void): AwsVpc => {
    const vpc = structuredClone(recorded.vpc);
    change(vpc);
    return vpc;
  };

  test('drops a packet without a pod route, which takes the default route', () => {
    const vpc = changed(({ tables }) => {
      for (const table of tables)
        table.routes = table.routes.filter(({ destination }) => destination !== '10.200.1.0/24');
    });
    const { ending } = cut(vpc);
    expect(ending).toMatchObject({ outcome: 'dropped', place: ROUTER, check: 'route.vpc' });
    expect(ending.reason).toMatch(
      /: 0\.0\.0\.0\/0 via controller-0 \(eni-\w+\): the next hop is controller-0, and not worker-1$/,
    );
  });

  test('drops a packet with a route to another node', () => {
    const vpc = changed(({ tables, interfaces }) => {
      const other = interfaces.find(({ privateIp }) => privateIp === '10.240.0.10')!;
      for (const { routes } of tables)
        for (const route of routes)
          if (route.destination === '10.200.1.0/24') route.target = other.id;
    });
    expect(cut(vpc).ending).toMatchObject({
      reason: expect.stringMatching(/10\.200\.1\.0\/24 via controller-0 .* not worker-1$/),
      check: 'route.vpc',
    });
  });

  test('drops a packet at an interface that checks the destination', () => {
    const vpc = changed(({ interfaces }) => {
      interfaces.find(({ privateIp }) => privateIp === '10.240.0.21')!.sourceDestCheck = true;
    });
    expect(cut(vpc).ending).toMatchObject({
      place: ROUTER,
      reason: expect.stringMatching(/^source\/destination check: eni-\w+ of worker-1: Source/),
      check: 'nat.ping',
    });
  });

  test('says that no rule drops a packet which is lost all the same', () => {
    expect(cut(recorded.vpc).ending).toMatchObject({
      place: ROUTER,
      reason: 'no node saw it again, and no route or rule that the API reports drops it',
    });
  });

  test('names a node that cannot be tapped', () => {
    const { ending } = cut(recorded.vpc, [{ node: 'worker-1', reason: 'Connection refused' }]);
    expect(ending.reason).toBe(
      "no tap saw it again, because worker-1 can't be tapped: Connection refused",
    );
  });

  test('ends at the internet, where an answer shows that the packet arrived', () => {
    const [gateway] = trip.forward.slice(1);
    const hops = gateway.hops.map((hop) => ({
      ...hop,
      packet: { ...hop.packet, src: '10.240.0.10', dst: '8.8.8.8' },
    }));
    const forward = withVpc(report([{ ...gateway, hops }]), false, knowledge(recorded.vpc));
    expect(places(forward).slice(-2)).toEqual([ROUTER, INTERNET]);
    const ended = (reply: ReportedVisit[]) =>
      endingOf({ ...facts(forward, reply), from: 'laptop' });
    expect(ended([])).toMatchObject({
      outcome: 'unanswered',
      place: INTERNET,
      reason: 'no answer came back to the lab',
    });
    const reply = withVpc(report(trip.reply), true, knowledge(recorded.vpc));
    expect(ended(reply)).toMatchObject({ outcome: 'delivered', place: INTERNET });
  });
});

test("a node's namespaces are the node with its uplink, and the pods that the API lists", () => {
  const row = (ifindex: number, ifname: string, local: string) =>
    JSON.stringify([{ ifindex, ifname, addr_info: [{ family: 'inet', local }] }]);
  const text = [
    `/proc/1/ns/net ${row(2, 'ens5', '10.240.0.20')}`,
    `/run/netns/cni-1 ${row(3, 'eth0', '10.200.0.4')}`,
    `/run/netns/cni-2 ${row(3, 'eth0', '10.200.0.9')}`,
    '/run/netns/cni-3 ',
    '',
  ].join('\n');
  const pod = { namespace: 'default', name: 'near', node: 'worker-0', ip: '10.200.0.4' };
  const worker = machine('worker-0');
  const found = parseNamespaces(text, { machine: worker, privateIp: '10.240.0.20', pods: [pod] });
  expect(found.map(({ name, namespace, uplink }) => ({ name, namespace, uplink }))).toEqual([
    { name: 'worker-0', namespace: '/proc/1/ns/net', uplink: 'ens5' },
    { name: 'pod default/near', namespace: '/run/netns/cni-1', uplink: undefined },
  ]);
});
