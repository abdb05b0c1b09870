import type * as AwsReader from '../../components/aws/read-routes';
import type * as GcpReader from '../../components/gcp/read-routes';
import type { LabOutputs } from '../../components/outputs';
import { isIpv6 } from '../../util/cidr6';
import { itemsIf } from '../../util/optional';
import { run } from './run';

/** IP family of routes. */
export type Family = 'ipv4' | 'ipv6';

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

/** A row of a table that has both families. */
type CloudRoute = VpcRoute & { family: Family };

/**
 * Returns the command that shows the table to a reader: a program and its arguments. The program of
 * a cloud need not be installed on the host.
 */
function commandFor(outputs: LabOutputs, family: Family): [string, ...string[]] {
  const { cloud, lab, router, region, project } = outputs;
  switch (cloud) {
    case 'local':
      if (router === undefined) throw new Error("the stack's outputs name no router");
      return ['ip', '-n', router, ...itemsIf(family === 'ipv6', '-6'), 'route'];
    case 'aws': {
      const filter = `Name=tag:hardway-lab,Values=${lab}`;
      return ['aws', 'ec2', 'describe-route-tables', '--region', region, '--filters', filter];
    }
    case 'gcp': {
      const inProject = itemsIf(project, '--project', project);
      return ['gcloud', 'compute', 'routes', 'list', ...inProject, `--filter=network~/${lab}$`];
    }
  }
}

/** Returns the command as one line. */
export const routesCommand = (outputs: LabOutputs, family: Family = 'ipv4'): string =>
  [...itemsIf(outputs.cloud === 'local', 'sudo'), ...commandFor(outputs, family)].join(' ');

/** Reads the table of the namespace that is a local lab's VPC router. */
async function localRoutes(outputs: LabOutputs, family: Family): Promise<VpcRoute[]> {
  const [program, ...args] = commandFor(outputs, family);
  const [json, plain] = await Promise.all([run(program, ['-j', ...args]), run(program, args)]);
  const rows = JSON.parse(json) as { dst: string; gateway?: string }[];
  return rows.flatMap(({ dst, gateway }) => {
    if (gateway === undefined) return [];
    const line = plain.split('\n').find((one) => one.startsWith(`${dst} via ${gateway} `));
    return [{ destination: dst, nextHop: gateway, line: (line ?? `${dst} via ${gateway}`).trim() }];
  });
}

function destinationOf(cidr: string): string {
  if (['0.0.0.0/0', '::/0'].includes(cidr)) return 'default';
  return cidr;
}

function familyOf(cidr: string): Family {
  if (isIpv6(cidr)) return 'ipv6';
  return 'ipv4';
}

/** AWS: the route tables name network interfaces, which have addresses. */
async function awsRoutes({ lab, region }: LabOutputs): Promise<CloudRoute[]> {
  // The SDK takes a second to load: only for labs on AWS.
  const { readRoutes } = require('../../components/aws/read-routes') as typeof AwsReader;
  return (await readRoutes(lab, region)).map(({ table, target, address, state, ...route }) => {
    const destination = destinationOf(route.destination);
    let nextHop = address ?? target;
    // A blackhole's target does not exist any more.
    if (state !== 'active') nextHop = state;
    return {
      family: familyOf(route.destination),
      destination,
      nextHop,
      line: `${table}: ${destination} via ${nextHop} (${target})`,
      table,
    };
  });
}

/** Google Cloud: routes name instances, which are named after lab and node. */
async function gcpRoutes({ lab, config, topology }: LabOutputs): Promise<CloudRoute[]> {
  const { readRoutes } = require('../../components/gcp/read-routes') as typeof GcpReader;
  return (await readRoutes(lab, config)).map(({ target, ...route }) => {
    const destination = destinationOf(route.destination);
    const node = topology.nodes.find(({ name }) => target === `${lab}-${name}`);
    const family = familyOf(route.destination);
    const address = family === 'ipv6' ? node?.privateIp6 : node?.privateIp;
    const nextHop = address ?? target;
    return { family, destination, nextHop, line: `${destination} via ${nextHop} (${target})` };
  });
}

/**
 * Reads the VPC router's tables as they are now. Throws an Error with the cloud's message if it can't
 * be asked.
 */
export async function vpcRoutes(outputs: LabOutputs, family: Family = 'ipv4'): Promise<VpcRoute[]> {
  if (outputs.cloud === 'local') return localRoutes(outputs, family);
  const rows = await { aws: awsRoutes, gcp: gcpRoutes }[outputs.cloud](outputs);
  return rows.filter((row) => row.family === family);
}

/** Returns the problems of each table, which name their table if the VPC router has several. */
export function problemsByTable<Row extends Pick<VpcRoute, 'table'>>(
  rows: Row[],
  problemsOf: (table: Row[]) => string[],
): string[] {
  const tables = [...new Set(rows.map(({ table }) => table))];
  if (tables.length < 2) return problemsOf(rows);
  return tables.flatMap((name) =>
    problemsOf(rows.filter(({ table }) => table === name)).map((problem) => `${name}: ${problem}`),
  );
}
