import { isIPv4 } from 'node:net';
import { InvalidArgumentError, Option } from 'commander';
import { CLOUDS_OF_ACCOUNTS } from '../account/account';

/** Returns the option `--cloud <CLOUD>`, which accepts the clouds with accounts. */
export const cloudOption = (description: string): Option =>
  new Option('--cloud <CLOUD>', description).choices(CLOUDS_OF_ACCOUNTS);

/** Collects the values of a repeatable option. */
export const collect = (value: string, all: string[]): string[] => [...all, value];

/** Collects the values of a repeatable option that also takes lists with commas. */
export const collectLists = (value: string, all: string[] = []): string[] => [
  ...all,
  ...value
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean),
];

/** Parses a port. Throws commander's error for an option. */
export function parsePort(text: string): number {
  if (/^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= 65535) return Number(text);
  throw new InvalidArgumentError('a port is a number from 1 to 65535');
}

/**
 * Parses an address to listen on. A page is refused unless its Host is that address, so it cannot
 * be the one that means all addresses.
 */
export function parseAddress(text: string): string {
  if (isIPv4(text) && text !== '0.0.0.0') return text;
  throw new InvalidArgumentError('one IPv4 address of this host, such as 192.0.2.7; not 0.0.0.0');
}
