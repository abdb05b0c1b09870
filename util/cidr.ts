import * as ipaddr from 'ipaddr.js';

/** A network as numbers: its first address and how many it has. IPv4 only. */
export interface Network {
  first: number;
  size: number;
  prefix: number;
}

const toNumber = (address: ipaddr.IPv4): number =>
  address.octets.reduce((sum, octet) => sum * 256 + octet, 0);

const toAddress = (value: number): string =>
  [24, 16, 8, 0].map((bits) => Math.floor(value / 2 ** bits) % 256).join('.');

/** Reads `a.b.c.d/n`. Throws an Error saying what is wrong: not a CIDR, or an address inside one. */
export function parseCidr(text: string): Network {
  const match = /^(\d+\.\d+\.\d+\.\d+)\/(\d+)$/.exec(text);
  if (!match || !ipaddr.IPv4.isValidFourPartDecimal(match[1]) || Number(match[2]) > 32) {
    const address = ipaddr.IPv4.isValidFourPartDecimal(text);
    throw new Error(
      `"${text}" is not a CIDR such as 10.240.0.0/24${address ? ': behind the address its length is missing, /32 for one address alone' : ''}`,
    );
  }
  const prefix = Number(match[2]);
  const size = 2 ** (32 - prefix);
  const value = toNumber(ipaddr.IPv4.parse(match[1]));
  const first = value - (value % size);
  if (value !== first)
    throw new Error(
      `"${text}" is an address inside a network: the network itself is ${toAddress(first)}/${prefix}`,
    );
  return { first, size, prefix };
}

/** A network as `ip` prints it, which leaves a single address's /32 out. */
export const asCidr = (network: string): string =>
  network.includes('/') ? network : `${network}/32`;

/** The address `offset` places after the network's first one. Throws a RangeError outside the network. */
export function addressAt(cidr: string, offset: number): string {
  const network = parseCidr(cidr);
  if (offset < 0 || offset >= network.size)
    throw new RangeError(`${cidr} has no address number ${offset}`);
  return toAddress(network.first + offset);
}

/** Whether two networks share an address. */
export function overlap(a: string, b: string): boolean {
  const [one, other] = [parseCidr(a), parseCidr(b)];
  return one.first < other.first + other.size && other.first < one.first + one.size;
}

/** Whether `cidr` holds the address. */
export function contains(cidr: string, address: string): boolean {
  const network = parseCidr(cidr);
  const value = toNumber(ipaddr.IPv4.parse(address));
  return value >= network.first && value < network.first + network.size;
}

/** Whether every address of `inner` is one of `outer`. */
export function covers(outer: string, inner: string): boolean {
  return parseCidr(outer).prefix <= parseCidr(inner).prefix && overlap(outer, inner);
}
