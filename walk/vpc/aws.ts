import type { AwsInterface, AwsRule, AwsTable, AwsVpc } from '../../components/aws/read-vpc';
import type { Protocol } from '../packet';
import type { VpcInterface, VpcRoute, VpcRule } from './facts';

/** Name of each node by its private address. */
export type NodeNames = Map<string, string>;

/** Security groups have no order: every rule admits. */
const PRIORITY = 0;

const protocolOf = (protocol: string): VpcRule['protocol'] =>
  protocol === '-1' ? 'all' : (protocol as Protocol);

function portsText({ protocol, from, to }: AwsRule): string {
  if (protocol === '-1') return 'everything';
  if (from === -1) return protocol;
  return `${protocol} ${from === to ? from : `${from}-${to}`}`;
}

function asRule(rule: AwsRule, name: string, interfaces: AwsInterface[]): VpcRule {
  const members = interfaces.filter(({ groups }) => groups.some(({ id }) => id === rule.members));
  const hasPorts = rule.protocol !== '-1' && rule.protocol !== 'icmp' && rule.from !== -1;
  const end = rule.cidr || `members of ${rule.members}`;
  const description = rule.description && ` "${rule.description}"`;
  return {
    chain: `security group ${name}`,
    text: `${rule.id}: ${portsText(rule)} ${rule.isEgress ? 'to' : 'from'} ${end}${description}`,
    protocol: protocolOf(rule.protocol),
    ...(hasPorts && { ports: [rule.from, rule.to] as [number, number] }),
    cidrs: rule.cidr ? [rule.cidr] : members.map(({ privateIp }) => `${privateIp}/32`),
    priority: PRIORITY,
    admits: true,
  };
}

/** Returns the next hop of a route. Only the internet gateway leads to the internet. */
function nextHop(target: string, state: string): VpcRoute['to'] {
  if (state !== 'active') return 'nothing';
  if (target === 'local') return 'inside';
  if (target.startsWith('eni-')) return { interface: target };
  return target.startsWith('igw-') ? 'internet' : 'nothing';
}

function routesOf(table: AwsTable | undefined, nameOf: (id: string) => string): VpcRoute[] {
  if (!table) return [];
  return table.routes.map(({ destination, target, state }) => {
    const via = target.startsWith('eni-') ? `${nameOf(target)} (${target})` : target;
    const suffix = state === 'active' ? '' : ` (${state})`;
    return {
      destination,
      priority: PRIORITY,
      to: nextHop(target, state),
      text: `${table.id}: ${destination} via ${via}${suffix}`,
    };
  });
}

/** Describes the network interfaces of a VPC of AWS, with the routes and rules of each. Pure. */
export function awsInterfaces(vpc: AwsVpc, names: NodeNames): VpcInterface[] {
  const { tables, interfaces, rules } = vpc;
  const nodeOf = ({ privateIp, id }: AwsInterface): string => names.get(privateIp) ?? id;
  const nameOf = (id: string): string => {
    const one = interfaces.find((other) => other.id === id);
    return one ? nodeOf(one) : 'no interface';
  };
  return interfaces.map((one) => {
    const own = tables.find(({ subnets }) => subnets.includes(one.subnet));
    const table = own ?? tables.find(({ isMain }) => isMain);
    const ruled = (isEgress: boolean): VpcRule[] =>
      one.groups.flatMap(({ id, name }) =>
        rules
          .filter((rule) => rule.group === id && rule.isEgress === isEgress)
          .map((rule) => asRule(rule, name, interfaces)),
      );
    return {
      id: one.id,
      node: nodeOf(one),
      privateIp: one.privateIp,
      publicIp: one.publicIp,
      forwards: !one.sourceDestCheck,
      setting: `${one.id} of ${nodeOf(one)}: SourceDestCheck ${one.sourceDestCheck}`,
      routes: routesOf(table, nameOf),
      ingress: ruled(false),
      egress: ruled(true),
    };
  });
}
