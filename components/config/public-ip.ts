import * as ipaddr from 'ipaddr.js';
import { CloudError } from '../cloud';
import type { LabConfig } from './index';
import { AUTO } from './values';

/** Service that answers with the address of its client. It has IPv4 only. */
const SERVICE = 'https://checkip.amazonaws.com';
const SECONDS = 10;

/** Returns the host's public address. Throws a CloudError if the service does not report one. */
export async function askOwnAddress(service = SERVICE): Promise<string> {
  const failed = (why: string): CloudError =>
    new CloudError(
      `adminCidrs is auto, but ${service} did not report the host's public address (${why}): set adminCidrs to the CIDRs that you log in from`,
    );
  const answer = await fetch(service, { signal: AbortSignal.timeout(SECONDS * 1000) }).catch(
    (error: Error & { cause?: Error }) => {
      throw failed(error.cause?.message || error.message);
    },
  );
  const text = (await answer.text()).trim();
  if (!answer.ok) throw failed(`HTTP status ${answer.status}`);
  if (!ipaddr.IPv4.isValidFourPartDecimal(text)) throw failed('its answer is no IPv4 address');
  return text;
}

/**
 * Returns the host's public address as a CIDR, such as `198.51.100.4/32`: a value for `adminCidrs`.
 * Throws a CloudError if the service does not report the address.
 */
export const publicCidr = async (ask: () => Promise<string> = askOwnAddress): Promise<string> =>
  `${await ask()}/32`;

/** Replaces every `auto` of a config with the host's address. Calls `ask` only if there is one. */
export async function withOwnAddress(
  config: LabConfig,
  ask: () => Promise<string> = askOwnAddress,
): Promise<LabConfig> {
  if (![...config.adminCidrs, ...config.nodePortCidrs].includes(AUTO)) return config;
  const own = await publicCidr(ask);
  const known = (cidrs: string[]): string[] => [
    ...new Set(cidrs.map((cidr) => (cidr === AUTO ? own : cidr))),
  ];
  return {
    ...config,
    ownAddress: own.split('/')[0],
    adminCidrs: known(config.adminCidrs),
    nodePortCidrs: known(config.nodePortCidrs),
  };
}

export interface Remark {
  severity: 'info' | 'warn';
  /** One line. */
  text: string;
}

const EVERYWHERE = '0.0.0.0/0';

/** Returns remarks on the access to a cloud lab: the address of `auto`, and rules that admit everyone. */
export function remarksOn({ cloud, adminCidrs, ownAddress }: LabConfig): Remark[] {
  if (cloud === 'local') return [];
  const remarks: Remark[] = [];
  if (ownAddress !== undefined)
    remarks.push({
      severity: 'info',
      text: `auto: this host's public address is ${ownAddress}; only ${ownAddress}/32 is admitted for it`,
    });
  if (adminCidrs.includes(EVERYWHERE))
    remarks.push({
      severity: 'warn',
      text: `adminCidrs has ${EVERYWHERE}: the whole Internet reaches SSH and the API; name your own CIDRs, or auto`,
    });
  return remarks;
}
