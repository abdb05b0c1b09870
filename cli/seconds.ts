/** A duration as people read it: `3.2 s`, `41 s`, `5 min 07 s`. */
export function inWords(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
}

/** Seconds since `start`, a value of Date.now(). */
export const since = (start: number): number => (Date.now() - start) / 1000;
