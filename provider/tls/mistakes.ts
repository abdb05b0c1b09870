import { isIPv4, isIPv6 } from 'node:net';
import type { Failure } from '../protocol/resource-kind';
import { RENEW_DAYS } from './validity';

/**
 * DNS name: labels of letters, digits and inner hyphens, at most 63 characters each. The first
 * label may be a wildcard.
 */
const DNS_NAME =
  /^(\*\.)?[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i;

/**
 * Collects the mistakes in a resource's inputs, so that all are reported at once. Ignores
 * properties that are not known yet.
 */
export class Mistakes {
  readonly failures: Failure[] = [];

  constructor(
    private readonly values: Record<string, unknown>,
    private readonly unknown: Set<string>,
  ) {}

  private add(property: string, reason: string): void {
    this.failures.push({ property, reason });
  }

  /**
   * Calls `judge` with the value of a known property. Reports a missing property unless it is
   * `optional`.
   */
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

  /** Requires a text of one line, for names in certificates and comments in keys. */
  line(property: string, { optional = false, longest = 64 } = {}): this {
    this.given(property, optional, (value) => {
      if (typeof value !== 'string' || value.trim() === '') return `${property} must be a text`;
      if (/[\r\n\0]/.test(value)) return `${property} must be one line`;
      if (value.length > longest)
        return `${property} has ${value.length} characters, at most ${longest} are allowed`;
      return undefined;
    });
    return this;
  }

  /** Requires a PEM block with this label. */
  pem(property: string, label: string): this {
    this.given(property, false, (value) => {
      if (typeof value === 'string' && value.includes(`-----BEGIN ${label}-----`)) return undefined;
      return `${property} must be a PEM "${label}" block`;
    });
    return this;
  }

  /** Requires a validity in days that is longer than RENEW_DAYS. */
  days(property: string): this {
    this.given(property, false, (value) => {
      const days = Number(value);
      if (Number.isInteger(value) && days > RENEW_DAYS && days <= 36500) return undefined;
      return `${property} must be a whole number of days from ${RENEW_DAYS + 1} to 36500: it is recreated ${RENEW_DAYS} days before it expires`;
    });
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
      if (wrong.length > 0)
        return `${property}: ${wrong.map((element) => JSON.stringify(element)).join(', ')} is not ${form}`;
      return undefined;
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

  /** Requires a list with at least one element, each one of `allowed`. */
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
