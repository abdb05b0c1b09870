import * as ipaddr from 'ipaddr.js';

/** Formats an IPv6 address as `ip` prints it: RFC 5952, for example `fd00:10:200::15`. */
const asText = (address: ipaddr.IPv6): string => address.toRFC5952String();

/** Parses an IPv6 CIDR. Throws an Error if the text is not the first address of an IPv6 network. */
function parse(cidr: string): { first: ipaddr.IPv6; prefix: number } {
  const [address, length, ...rest] = cidr.split('/');
  const prefix = Number(length);
  const isCidr =
    rest.length === 0 &&
    /^\d+$/.test(length ?? '') &&
    prefix <= 128 &&
    ipaddr.IPv6.isValid(address);
  if (!isCidr) throw new Error(`"${cidr}" is not an IPv6 CIDR such as fd00:10:240::/64`);
  const first = ipaddr.IPv6.parse(address);
  const network = ipaddr.IPv6.networkAddressFromCIDR(cidr);
  if (asText(first) !== asText(network))
    throw new Error(`"${cidr}" is not the first address of its network: use ${asText(network)}`);
  return { first, prefix };
}

/**
 * Returns the address with the last group `group`, a number from 0 to ffff as text. A host number
 * such as `21` therefore stays readable: `fd00:10:240::21`.
 */
export function addressWithGroup(cidr: string, group: string): string {
  const { first, prefix } = parse(cidr);
  if (prefix > 112 || !/^[0-9a-f]{1,4}$/.test(group))
    throw new RangeError(`${cidr} has no address that ends with :${group}`);
  return asText(new ipaddr.IPv6([...first.parts.slice(0, 7), parseInt(group, 16)]));
}

/** Returns the /64 number `index` of a /48 to /64, for example `fd00:10:200:1::/64`. */
export function subnet64(cidr: string, index: number): string {
  const { first, prefix } = parse(cidr);
  if (prefix < 48 || prefix > 64 || index < 0 || index >= 2 ** (64 - prefix))
    throw new RangeError(`${cidr} has no /64 number ${index}`);
  const fourth = first.parts[3] + index;
  return `${asText(new ipaddr.IPv6([...first.parts.slice(0, 3), fourth, 0, 0, 0, 0]))}/64`;
}

/** Returns true if the IPv6 network contains the address. An IPv4 address is in none. */
export function contains6(cidr: string, address: string): boolean {
  if (!ipaddr.IPv6.isValid(address)) return false;
  const { first, prefix } = parse(cidr);
  return ipaddr.IPv6.parse(address).match(first, prefix);
}

/** Returns the prefix length of an IPv6 CIDR. */
export const prefix6 = (cidr: string): number => parse(cidr).prefix;

/** Returns true if two IPv6 networks share an address. */
export function overlap6(a: string, b: string): boolean {
  const [one, other] = [parse(a), parse(b)];
  return one.first.match(other.first, Math.min(one.prefix, other.prefix));
}

/** Returns true if a text is an IPv6 address or CIDR. */
export const isIpv6 = (text: string): boolean => ipaddr.IPv6.isValid(text.split('/')[0]);
