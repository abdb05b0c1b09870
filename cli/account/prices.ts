import { seriesOf } from '../../components/config';
import { ifPresent, textIf } from '../../util/optional';
import type { CloudOfAccounts } from './account';
import type { Needs } from './needs';
import { joinNames } from '../../util/join-names';

/**
 * List prices in US dollars in the default region of a cloud. Other regions differ by up to a half.
 */
interface PriceList {
  region: string;
  /** Month of the last check. docs/guides/aws.md and gcp.md name the source of the prices. */
  date: string;
  /** Price of an instance per hour, by type. */
  machines: Record<string, number>;
  /** Price of an instance's public address per hour. */
  address: number;
  /** Price of a reserved address without an instance per hour. */
  idleAddress: number;
  /** Price of a load balancer per hour, without traffic. */
  loadBalancer: number;
  /** Price of a GiB of disk per month, by disk type. */
  diskGibMonth: Record<string, number>;
}

export const PRICES: Record<CloudOfAccounts, PriceList> = {
  aws: {
    region: 'us-west-2',
    date: '2026-07',
    machines: {
      't3.micro': 0.0104,
      't3.small': 0.0208,
      't3.medium': 0.0416,
      't3.large': 0.0832,
      't3a.small': 0.0188,
      't3a.medium': 0.0376,
      't4g.small': 0.0168,
      't4g.medium': 0.0336,
      'm5.large': 0.096,
    },
    address: 0.005,
    idleAddress: 0.005,
    loadBalancer: 0.0225,
    diskGibMonth: { gp3: 0.08 },
  },
  gcp: {
    region: 'us-west1',
    date: '2026-08',
    machines: {
      'e2-micro': 0.0084,
      'e2-small': 0.0168,
      'e2-medium': 0.0335,
      'e2-standard-2': 0.067,
      'n1-standard-1': 0.0475,
      'n2-standard-2': 0.0971,
    },
    address: 0.005,
    idleAddress: 0.01,
    loadBalancer: 0.025,
    // hyperdisk-balanced is in ASSUMED_DISKS. 3000 IOPS and 140 MiB/s cost nothing more:
    // https://docs.cloud.google.com/compute/docs/disks/hd-types/hyperdisk-balanced
    diskGibMonth: { 'pd-balanced': 0.1, 'hyperdisk-balanced': 0.08 },
  },
};

/** Disk types without a price in any source. A price message says so. */
const ASSUMED_DISKS = ['hyperdisk-balanced'];

const HOURS_A_MONTH = 730;

/** Returns the type of a node's boot disk, by the node's instance type. */
function diskTypeOf(cloud: CloudOfAccounts, machineType: string): string {
  if (cloud === 'aws') return 'gp3';
  return seriesOf(machineType)?.bootDisk ?? 'pd-balanced';
}

/** Returns the price of a disk per hour; `undefined` if the list lacks its type. */
export function diskHourly(cloud: CloudOfAccounts, type: string, gib: number): number | undefined {
  const price = PRICES[cloud].diskGibMonth[type];
  return ifPresent(price, (month) => (month * gib) / HOURS_A_MONTH);
}

/**
 * Returns the price of a lab per hour in US dollars, without traffic, and the instance types
 * without a known price.
 */
export function hourlyOf(
  cloud: CloudOfAccounts,
  needs: Needs,
): { dollars: number; unknown: string[] } {
  const list = PRICES[cloud];
  const machines = [...needs.machines].reduce((sum, [type, number]) => {
    const disk = diskHourly(cloud, diskTypeOf(cloud, type), needs.diskGib) ?? 0;
    return sum + number * ((list.machines[type] ?? 0) + disk);
  }, 0);
  return {
    dollars:
      machines + needs.publicAddresses * list.address + needs.loadBalancers * list.loadBalancer,
    unknown: [...needs.machines.keys()].filter((type) => list.machines[type] === undefined),
  };
}

const dollars = (sum: number): string => `$${sum.toFixed(2)}`;

/**
 * Formats the price of a lab: `about $0.25 an hour, $6.00 a day (list prices of us-west-2,
 * 2025-06)`.
 */
export function formatPrice(cloud: CloudOfAccounts, needs: Needs): string {
  const { dollars: hour, unknown } = hourlyOf(cloud, needs);
  const { region, date } = PRICES[cloud];
  const without = textIf(unknown.length > 0, `, plus ${joinNames(unknown)} of unknown price`);
  const disks = [...needs.machines.keys()].map((type) => diskTypeOf(cloud, type));
  const assumed = ASSUMED_DISKS.filter((type) => disks.includes(type));
  const guess = textIf(assumed.length > 0, `; the price of ${assumed.join(', ')} is assumed`);
  return `about ${dollars(hour)} an hour, ${dollars(hour * 24)} a day${without} (list prices of ${region}, ${date}; traffic is not counted${guess})`;
}

/**
 * Describes when `./lab reap` removes a lab. `expires` is a time, or a duration from the first up.
 * Empty if the lab never expires.
 */
export function untilReaped(expires: string): string {
  if (expires === '') return '';
  const isDuration = !/^\d{4}-/.test(expires);
  return ` or ./lab reap (expiry ${textIf(isDuration, 'after ')}${expires}; nothing is removed automatically)`;
}
