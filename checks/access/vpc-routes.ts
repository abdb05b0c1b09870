import * as fs from 'node:fs';
import * as path from 'node:path';
import type { LabOutputs } from '../../components/outputs';
import { boundedRun } from '../../util/bounded-run';

/** A row of the VPC router's table. */
export interface VpcRoute {
  /** A CIDR, or `default`. */
  destination: string;
  /** An address; or what the router's tool calls what has none. */
  nextHop: string;
  /** The row as a reader knows it. */
  line: string;
  /** Which table, where the VPC has several. */
  table?: string;
}

const SECONDS = { local: 10, cloud: 30 } as const;

async function run(program: string, args: string[], seconds: number): Promise<string> {
  const ran = await boundedRun(program, args, { seconds });
  if (ran.code !== 0)
    throw new Error(
      `\`${program} ${args.join(' ')}\` exited ${ran.code}: ${ran.stderr.trim().split('\n').pop()}`,
    );
  return ran.stdout;
}

/** What a reader types to see the table: a program and its arguments. */
function commandFor({ cloud, lab, router, region, project }: LabOutputs): [string, ...string[]] {
  if (cloud === 'aws')
    return [
      'aws',
      'ec2',
      'describe-route-tables',
      '--region',
      region,
      '--filters',
      `Name=tag:lab,Values=${lab}`,
      '--output',
      'json',
    ];
  if (cloud === 'gcp')
    return [
      'gcloud',
      'compute',
      'routes',
      'list',
      ...(project ? ['--project', project] : []),
      '--filter',
      `network:${lab}`,
      '--format',
      'json',
    ];
  if (router === undefined) throw new Error("the stack's outputs name no router");
  return ['ip', '-n', router, 'route'];
}

/** As one types it. */
export const routesCommand = (outputs: LabOutputs): string =>
  [...(outputs.cloud === 'local' ? ['sudo'] : []), ...commandFor(outputs)].join(' ');

/** The cloud's own program, where this machine doesn't have it: nothing else tells what the VPC router does. */
export function missingProgram(
  outputs: Pick<LabOutputs, 'cloud'>,
  where = process.env.PATH ?? '',
): string | undefined {
  if (outputs.cloud === 'local') return undefined;
  const program = { aws: 'aws', gcp: 'gcloud' }[outputs.cloud];
  return where.split(':').some((directory) => fs.existsSync(path.join(directory, program)))
    ? undefined
    : program;
}

/** Reads the table of the namespace that is a local lab's VPC router. */
async function localRoutes(outputs: LabOutputs): Promise<VpcRoute[]> {
  const [program, ...args] = commandFor(outputs);
  const [json, plain] = await Promise.all([
    run(program, ['-j', ...args], SECONDS.local),
    run(program, args, SECONDS.local),
  ]);
  const rows = JSON.parse(json) as { dst: string; gateway?: string }[];
  return rows.flatMap(({ dst, gateway }) => {
    if (gateway === undefined) return [];
    const line = plain.split('\n').find((one) => one.startsWith(`${dst} via ${gateway} `));
    return [{ destination: dst, nextHop: gateway, line: (line ?? `${dst} via ${gateway}`).trim() }];
  });
}

interface AwsTables {
  RouteTables: {
    RouteTableId: string;
    Routes: {
      DestinationCidrBlock?: string;
      NetworkInterfaceId?: string;
      GatewayId?: string;
      State: string;
    }[];
  }[];
}
interface AwsInterfaces {
  NetworkInterfaces: { NetworkInterfaceId: string; PrivateIpAddress: string }[];
}

/** AWS: the route tables name network interfaces, which have addresses. */
async function awsRoutes(outputs: LabOutputs): Promise<VpcRoute[]> {
  const [program, ...args] = commandFor(outputs);
  const tables = (JSON.parse(await run(program, args, SECONDS.cloud)) as AwsTables).RouteTables;
  const ids = [
    ...new Set(
      tables.flatMap(({ Routes }) =>
        Routes.flatMap(({ NetworkInterfaceId }) => NetworkInterfaceId ?? []),
      ),
    ),
  ];
  const query = [
    'ec2',
    'describe-network-interfaces',
    '--region',
    outputs.region,
    '--filters',
    `Name=network-interface-id,Values=${ids.join(',')}`,
    '--output',
    'json',
  ];
  const found =
    ids.length === 0
      ? []
      : (JSON.parse(await run(program, query, SECONDS.cloud)) as AwsInterfaces).NetworkInterfaces;
  const addresses = new Map(
    found.map(({ NetworkInterfaceId, PrivateIpAddress }) => [NetworkInterfaceId, PrivateIpAddress]),
  );
  return tables.flatMap(({ RouteTableId: table, Routes }) =>
    Routes.flatMap(({ DestinationCidrBlock, NetworkInterfaceId, GatewayId, State }) => {
      if (DestinationCidrBlock === undefined) return [];
      const destination = DestinationCidrBlock === '0.0.0.0/0' ? 'default' : DestinationCidrBlock;
      const by = NetworkInterfaceId ?? GatewayId ?? 'nothing';
      // A blackhole: the machine that it led to is gone.
      const nextHop = State === 'active' ? (addresses.get(by) ?? by) : State;
      return [
        { destination, nextHop, line: `${table}: ${destination} via ${nextHop} (${by})`, table },
      ];
    }),
  );
}

interface GcpRoute {
  destRange: string;
  nextHopInstance?: string;
  nextHopGateway?: string;
  nextHopNetwork?: string;
}

/** Google Cloud: routes name machines, which are called after lab and node. */
async function gcpRoutes(outputs: LabOutputs): Promise<VpcRoute[]> {
  const [program, ...args] = commandFor(outputs);
  const routes = JSON.parse(await run(program, args, SECONDS.cloud)) as GcpRoute[];
  return routes.map(({ destRange, nextHopInstance, nextHopGateway, nextHopNetwork }) => {
    const by = (nextHopInstance ?? nextHopGateway ?? nextHopNetwork ?? 'nothing').split('/').pop()!;
    const destination = destRange === '0.0.0.0/0' ? 'default' : destRange;
    const nextHop =
      outputs.topology.nodes.find(({ name }) => by === `${outputs.lab}-${name}`)?.privateIp ?? by;
    return { destination, nextHop, line: `${destination} via ${nextHop} (${by})` };
  });
}

/** The VPC router's own tables, as the cloud has them now. Throws an Error with the cloud's own words where it can't be asked. */
export function vpcRoutes(outputs: LabOutputs): Promise<VpcRoute[]> {
  return { local: localRoutes, aws: awsRoutes, gcp: gcpRoutes }[outputs.cloud](outputs);
}
