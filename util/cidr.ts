import * as ipaddr from 'ipaddr.js';
import { textIf } from './optional';

/** An IPv4 network as numbers: its first address and its number of addresses. */
export interface Network {
  first: number;
  size: number;
  prefix: number;
}

const toNumber = (address: ipaddr.IPv4): number =>
  address.octets.reduce((sum, octet) => sum * 256 + octet, 0);

const toAddress = (value: number): string =>
  [24, 16, 8, 0].map((bits) => Math.floor(value / 2 ** bits) % 256).join('.');

/**
 * Parses a CIDR, `a.b.c.d/n`. Throws an Error that names the mistake: not a CIDR, or not the first
 * address of the network.
 */
export function parseCidr(text: string): Network {
  const match = /^(\d+\.\d+\.\d+\.\d+)\/(\d+)$/.exec(text);
  if (!match || !ipaddr.IPv4.isValidFourPartDecimal(match[1]) || Number(match[2]) > 32) {
    const advice = textIf(
      ipaddr.IPv4.isValidFourPartDecimal(text),
      ': add the length of the prefix, /32 for a single address',
    );
    throw new Error(`"${text}" is not a CIDR such as 10.240.0.0/24${advice}`);
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

/**
 * Adds the prefix length /32 to a single address. `ip` prints such a network without the length.
 */
export function asCidr(network: string): string {
  if (network.includes('/')) return network;
  return `${network}/32`;
}

/**
 * Returns the address `offset` places after the first one of the network. Throws a RangeError
 * outside the network.
 */
export function addressAt(cidr: string, offset: number): string {
  const network = parseCidr(cidr);
  if (offset < 0 || offset >= network.size)
    throw new RangeError(`${cidr} has no address number ${offset}`);
  return toAddress(network.first + offset);
}

/** Returns true if two networks share an address. */
export function overlap(a: string, b: string): boolean {
  const first = parseCidr(a);
  const second = parseCidr(b);
  return first.first < second.first + second.size && second.first < first.first + first.size;
}

/** Returns true if the network contains the address. */
export function contains(cidr: string, address: string): boolean {
  const network = parseCidr(cidr);
  const value = toNumber(ipaddr.IPv4.parse(address));
  return value >= network.first && value < network.first + network.size;
}

/** Returns true if every address of `inner` is in `outer`. */
export function covers(outer: string, inner: string): boolean {
  return parseCidr(outer).prefix <= parseCidr(inner).prefix && overlap(outer, inner);
}
