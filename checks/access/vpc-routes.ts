import type * as AwsReader from '../../components/aws/read-routes';
import type * as GcpReader from '../../components/gcp/read-routes';
import type { LabOutputs } from '../../components/outputs';
import { itemsIf } from '../../util/optional';
import { run } from './run';

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

/** IP family of routes. */
export type Family = 'ipv4' | 'ipv6';

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
  if (cidr === '0.0.0.0/0') return 'default';
  return cidr;
}

/** AWS: the route tables name network interfaces, which have addresses. */
async function awsRoutes({ lab, region }: LabOutputs): Promise<VpcRoute[]> {
  // The SDK takes a second to load: only for labs on AWS.
  const { readRoutes } = require('../../components/aws/read-routes') as typeof AwsReader;
  return (await readRoutes(lab, region)).map(({ table, target, address, state, ...route }) => {
    const destination = destinationOf(route.destination);
    let nextHop = address ?? target;
    // A blackhole's target does not exist any more.
    if (state !== 'active') nextHop = state;
    return {
      destination,
      nextHop,
      line: `${table}: ${destination} via ${nextHop} (${target})`,
      table,
    };
  });
}

/** Google Cloud: routes name instances, which are named after lab and node. */
async function gcpRoutes({ lab, config, topology }: LabOutputs): Promise<VpcRoute[]> {
  const { readRoutes } = require('../../components/gcp/read-routes') as typeof GcpReader;
  return (await readRoutes(lab, config)).map(({ target, ...route }) => {
    const destination = destinationOf(route.destination);
    const node = topology.nodes.find(({ name }) => target === `${lab}-${name}`);
    const nextHop = node?.privateIp ?? target;
    return { destination, nextHop, line: `${destination} via ${nextHop} (${target})` };
  });
}

/**
 * Reads the VPC router's tables as they are now. Only local labs have IPv6. Throws an Error with the
 * cloud's message if it can't be asked.
 */
export function vpcRoutes(outputs: LabOutputs, family: Family = 'ipv4'): Promise<VpcRoute[]> {
  if (outputs.cloud === 'local') return localRoutes(outputs, family);
  return { aws: awsRoutes, gcp: gcpRoutes }[outputs.cloud](outputs);
}
