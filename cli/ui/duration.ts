/** Formats a duration: `3.2 s`, `41 s`, `5 min 07 s`. */
export function formatDuration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
}

/** Returns the seconds since `start`, a value of Date.now(). */
export const since = (start: number): number => (Date.now() - start) / 1000;

/** Formats the time since `created` (ISO 8601): `12 min`, `3 h`, `2 d`. Empty without `created`. */
export function age(created: string | undefined, now = Date.now()): string {
  if (!created) return '';
  const minutes = Math.max(0, Math.floor((now - Date.parse(created)) / 60_000));
  if (minutes < 60) return `${minutes} min`;
  return minutes < 48 * 60 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 1440)} d`;
}
