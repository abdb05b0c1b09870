import { isIPv4, isIPv6 } from 'node:net';
import type { Failure } from '../protocol/resource-kind';
import { RENEW_DAYS } from './validity';

/** Labels of letters, digits and inner hyphens, at most 63 characters each; a wildcard may stand for the first. */
const DNS_NAME =
  /^(\*\.)?[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i;

/** Gathers a resource's mistakes, so that all are told at once. Properties that aren't known yet are left alone. */
export class Mistakes {
  readonly failures: Failure[] = [];

  constructor(
    private readonly values: Record<string, unknown>,
    private readonly unknown: Set<string>,
  ) {}

  private add(property: string, reason: string): void {
    this.failures.push({ property, reason });
  }

  /** Calls `judge` with a value that is there and known; tells of one that is missing unless it is `optional`. */
  private given(
    property: string,
    optional: boolean,
    judge: (value: unknown) => string | undefined,
  ): void {
    if (this.unknown.has(property)) return;
    const value = this.values[property];
    if (value === undefined || value === null) {
      if (!optional) this.add(property, `${property} is missing`);
      return;
    }
    const reason = judge(value);
    if (reason) this.add(property, reason);
  }

  /** A text of one line, as names in certificates and comments in keys must be. */
  line(property: string, { optional = false, longest = 64 } = {}): this {
    this.given(property, optional, (value) => {
      if (typeof value !== 'string' || value.trim() === '') return `${property} must be a text`;
      if (/[\r\n\0]/.test(value)) return `${property} must be one line`;
      return value.length > longest
        ? `${property} has ${value.length} characters, at most ${longest} fit`
        : undefined;
    });
    return this;
  }

  /** A PEM block with that label. */
  pem(property: string, label: string): this {
    this.given(property, false, (value) =>
      typeof value === 'string' && value.includes(`-----BEGIN ${label}-----`)
        ? undefined
        : `${property} must be a PEM "${label}" block`,
    );
    return this;
  }

  /** Days that a certificate is good for: more than the time before its end at which it is made anew. */
  days(property: string): this {
    this.given(property, false, (value) =>
      Number.isInteger(value) && (value as number) > RENEW_DAYS && (value as number) <= 36500
        ? undefined
        : `${property} must be a whole number of days from ${RENEW_DAYS + 1} to 36500: ${RENEW_DAYS} days before the end it is made anew`,
    );
    return this;
  }

  private list(
    property: string,
    optional: boolean,
    fits: (element: string) => boolean,
    form: string,
  ): void {
    this.given(property, optional, (value) => {
      if (!Array.isArray(value)) return `${property} must be a list`;
      const wrong = value.filter((element) => typeof element !== 'string' || !fits(element));
      return wrong.length > 0
        ? `${property}: ${wrong.map((element) => JSON.stringify(element)).join(', ')} is not ${form}`
        : undefined;
    });
  }

  dnsNames(property: string): this {
    this.list(property, true, (name) => name.length <= 253 && DNS_NAME.test(name), 'a DNS name');
    return this;
  }

  ipAddresses(property: string): this {
    this.list(property, true, (address) => isIPv4(address) || isIPv6(address), 'an IP address');
    return this;
  }

  /** A list with at least one of `allowed`. */
  someOf(property: string, allowed: string[]): this {
    this.list(
      property,
      false,
      (element) => allowed.includes(element),
      `one of ${allowed.join(', ')}`,
    );
    const value = this.values[property];
    if (Array.isArray(value) && value.length === 0)
      this.add(property, `${property} must name at least one of ${allowed.join(', ')}`);
    return this;
  }
}
