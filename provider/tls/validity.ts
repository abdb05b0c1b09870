/** Milliseconds of a day. */
const DAY = 24 * 60 * 60 * 1000;

/** Days before its expiry at which a certificate is recreated. */
export const RENEW_DAYS = 30;

/**
 * Returns the validity period of a new certificate. It starts five minutes ago, for nodes with a
 * clock is a little behind.
 */
export function validity(days: number, now = Date.now()): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(now - 5 * 60 * 1000), notAfter: new Date(now + days * DAY) };
}

/**
 * Returns true if a certificate that expires at `expires` (ISO 8601) has fewer than RENEW_DAYS
 * left.
 */
export function nearExpiry(expires: string, now = Date.now()): boolean {
  return Date.parse(expires) - now < RENEW_DAYS * DAY;
}
