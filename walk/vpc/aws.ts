import type { AwsInterface, AwsRule, AwsTable, AwsVpc } from '../../components/aws/read-vpc';
import { textIf } from '../../util/optional';
import type { Protocol } from '../packet';
import type { VpcInterface, VpcRoute, VpcRule } from './facts';

/** Name of each node by its private address. */
export type NodeNames = Map<string, string>;

/** Security groups have no order: every rule admits. */
const PRIORITY = 0;

function protocolOf(protocol: string): VpcRule['protocol'] {
  if (protocol === '-1') return 'all';
  return protocol as Protocol;
}

function portsText({ protocol, from, to }: AwsRule): string {
  if (protocol === '-1') return 'everything';
  if (from === -1) return protocol;
  if (from === to) return `${protocol} ${from}`;
  return `${protocol} ${from}-${to}`;
}

function asRule(rule: AwsRule, name: string, interfaces: AwsInterface[]): VpcRule {
  const members = interfaces.filter(({ groups }) => groups.some(({ id }) => id === rule.members));
  const hasPorts = rule.protocol !== '-1' && rule.protocol !== 'icmp' && rule.from !== -1;
  const end = rule.cidr || `members of ${rule.members}`;
  const description = rule.description && ` "${rule.description}"`;
  let cidrs = members.map(({ privateIp }) => `${privateIp}/32`);
  if (rule.cidr) cidrs = [rule.cidr];
  return {
    chain: `security group ${name}`,
    text: `${rule.id}: ${portsText(rule)} ${rule.isEgress ? 'to' : 'from'} ${end}${description}`,
    protocol: protocolOf(rule.protocol),
    ...(hasPorts && { ports: [rule.from, rule.to] as [number, number] }),
    cidrs,
    priority: PRIORITY,
    admits: true,
  };
}

/** Returns the next hop of a route. Only the internet gateway leads to the internet. */
function nextHop(target: string, state: string): VpcRoute['to'] {
  if (state !== 'active') return 'nothing';
  if (target === 'local') return 'inside';
  if (target.startsWith('eni-')) return { interface: target };
  if (target.startsWith('igw-')) return 'internet';
  return 'nothing';
}

function routesOf(table: AwsTable | undefined, nameOf: (id: string) => string): VpcRoute[] {
  if (!table) return [];
  return table.routes.map(({ destination, target, state }) => {
    let via = target;
    if (target.startsWith('eni-')) via = `${nameOf(target)} (${target})`;
    const suffix = textIf(state !== 'active', ` (${state})`);
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
    if (one) return nodeOf(one);
    return 'no interface';
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
