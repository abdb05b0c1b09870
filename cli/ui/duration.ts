/** A duration as people read it: `3.2 s`, `41 s`, `5 min 07 s`. */
export function inWords(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
}

/** Seconds since `start`, a value of Date.now(). */
export const since = (start: number): number => (Date.now() - start) / 1000;

/** `12 min`, `3 h`, `2 d`: how long ago that was, ISO 8601; nothing where it never was. */
export function age(created: string | undefined, now = Date.now()): string {
  if (!created) return '';
  const minutes = Math.max(0, Math.floor((now - Date.parse(created)) / 60_000));
  if (minutes < 60) return `${minutes} min`;
  return minutes < 48 * 60 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 1440)} d`;
}
