/** What certificates and their checks say about time. */
const DAY = 24 * 60 * 60 * 1000;

/** Certificates that end sooner than this are made anew. */
export const RENEW_DAYS = 30;

/** A certificate's time: from five minutes ago, so that a node whose clock is a little behind accepts it. */
export function validity(days: number, now = Date.now()): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(now - 5 * 60 * 1000), notAfter: new Date(now + days * DAY) };
}

/** Whether a certificate that ends at `expires` (ISO 8601) has fewer than RENEW_DAYS left. */
export function nearExpiry(expires: string, now = Date.now()): boolean {
  return Date.parse(expires) - now < RENEW_DAYS * DAY;
}
