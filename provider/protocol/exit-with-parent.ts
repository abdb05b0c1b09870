/** How often the parent is looked for, in milliseconds: what a dead engine's provider may still do is bounded by it. */
const INTERVAL = 250;

/**
 * Ends this process once the process that started it is gone. The engine ends its plugins itself, but not when it is
 * killed with no chance to; a plugin that outlived it would go on creating what no state remembers.
 */
export function exitWithParent(): void {
  // Ended by exit, not by the signal itself, so that what is to be cleaned up at the end is.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => process.exit(1));
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid !== parent) process.exit(1);
  }, INTERVAL);
  timer.unref();
}
