import { covers, overlap, parseCidr } from '../../util/cidr';
import { ifPresent } from '../../util/optional';
import { nearest } from '../../util/suggest';

/**
 * Reads one config value. Throws an Error with a message that continues the key's name (`is …`,
 * `has …`, `names …`, `gives …`) or follows a colon.
 */
export type Reader<T> = (text: string) => T;

export const wholeNumber =
  (least: number, most: number): Reader<number> =>
  (text) => {
    if (!/^\d+$/.test(text) || Number(text) < least || Number(text) > most)
      throw new Error(`is "${text}", not a whole number from ${least} to ${most}`);
    return Number(text);
  };

/** Returns a reader that returns `undefined` for an empty value. */
export const optional =
  <T>(read: Reader<T>): Reader<T | undefined> =>
  (text) =>
    ifPresent(text, read);

const UNITS = { '': 1, Mi: 2 ** 20, Gi: 2 ** 30 };

/** Reads memory as Kubernetes writes it, such as `512Mi`. Returns bytes, rounded down to whole MiB. */
export const memory =
  (least: string): Reader<number> =>
  (text) => {
    const amount = (quantity: string): number => {
      const [, number, unit] = /^(\d+)(Mi|Gi|)$/.exec(quantity) ?? [];
      return Number(number) * UNITS[unit as keyof typeof UNITS];
    };
    const bytes = Math.floor(amount(text) / UNITS.Mi) * UNITS.Mi;
    if (!(bytes >= amount(least)))
      throw new Error(
        `is "${text}", not an amount of memory such as 4Gi or 512Mi, at least ${least}`,
      );
    return bytes;
  };

export const oneOf =
  <T extends string>(...values: readonly T[]): Reader<T> =>
  (text) => {
    if (!values.includes(text as T))
      throw new Error(`is "${text}", not one of ${values.join(', ')}${nearest(text, values)}`);
    return text as T;
  };

/** Reads text that matches `form`, or an empty value. */
export const matching =
  (form: RegExp, what: string): Reader<string> =>
  (text) => {
    if (text !== '' && !form.test(text)) throw new Error(`is "${text}", not ${what}`);
    return text;
  };

export const truth: Reader<boolean> = (text) => oneOf('true', 'false')(text) === 'true';

export const controllerCount: Reader<number> = (text) => {
  const count = wholeNumber(1, 3)(text);
  if (count === 2)
    throw new Error('is 2: etcd needs an odd number to survive the loss of one, so choose 1 or 3');
  return count;
};

/** Networks with addresses that no machine can have, with the reason. */
const NOT_FOR_MACHINES = [
  ['0.0.0.0/8', 'they mean "this network"'],
  ['127.0.0.0/8', "they are every machine's own"],
  ['169.254.0.0/16', 'they are for links without a router'],
  ['224.0.0.0/3', 'they are for multicast, or reserved'],
] as const;

/** Reads a network of a size that the topology accepts, or an empty value. */
export const network =
  (widest: number, narrowest: number, why: string): Reader<string> =>
  (text) => {
    if (text === '') return text;
    const { prefix } = parseCidr(text);
    const special = NOT_FOR_MACHINES.find(([cidr]) => overlap(cidr, text));
    if (special)
      throw new Error(
        `is ${text}, where addresses of ${special[0]} are: ${special[1]}, so choose another network`,
      );
    if (prefix < widest || prefix > narrowest)
      throw new Error(`is ${text}: ${why}, so the prefix must be from /${widest} to /${narrowest}`);
    return text;
  };

/** Networks that are not routed on the internet: private, carrier-grade NAT, benchmarks, documentation. */
const NOT_INTERNET = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '198.18.0.0/15',
  '192.0.2.0/24',
  '198.51.100.0/24',
  '203.0.113.0/24',
];

/** Like `network`, but only for networks that are not routed on the internet. */
export const spareNetwork =
  (...room: Parameters<typeof network>): Reader<string> =>
  (text) => {
    const cidr = network(...room)(text);
    if (cidr !== '' && !NOT_INTERNET.some((spare) => covers(spare, cidr))) {
      throw new Error(
        `is ${cidr}, which is routed on the Internet, so the host could not reach its owners: choose a part of ${NOT_INTERNET.slice(0, 5).join(', ')}`,
      );
    }
    return cidr;
  };

/** Placeholder for the host's public address in a list of CIDRs. public-ip.ts replaces it. */
export const AUTO = 'auto';

export const cidrs: Reader<string[]> = (text) => {
  let list: unknown;
  try {
    if (text.trim().startsWith('[')) list = JSON.parse(text);
    else
      list = text
        .split(',')
        .map((part) => part.trim())
        .filter(Boolean);
  } catch {
    throw new Error(
      `is "${text}", not a list of CIDRs: write them with commas, such as 198.18.0.0/15,192.0.2.7/32`,
    );
  }
  const entries = (list as unknown[]).map(String);
  for (const entry of entries) if (entry !== AUTO) parseCidr(entry);
  return [...new Set(entries)];
};

/** Returns whether an expiry is a duration, such as `8h`, `2d` or `90m`. */
export const isDuration = (text: string): boolean => /^[1-9]\d*[mhd]$/.test(text);

/** Reads a duration such as `8h`, `2d` or `90m`, or a time such as `2026-12-01T18:00Z`. */
export const expiry: Reader<string> = (text) => {
  if (text === '' || isDuration(text)) return text;
  if (!/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(text) || Number.isNaN(Date.parse(text))) {
    throw new Error(
      `is "${text}", neither a duration such as 8h nor a time such as 2026-12-01T18:00Z`,
    );
  }
  return text;
};

export const httpsUrl: Reader<string> = (text) => {
  if (text !== '' && !(URL.canParse(text) && new URL(text).protocol === 'https:'))
    throw new Error(`is "${text}", not an address that begins with https://`);
  return text.replace(/\/+$/, '');
};
