/**
 * Milliseconds between checks of the parent. Limits how long a provider works after its engine was
 * killed.
 */
const INTERVAL = 250;

/**
 * Ends this process after its parent has ended. The engine ends its plugins, except when it is
 * killed. A plugin that survived would create resources that no state contains.
 */
export function exitWithParent(): void {
  // Calls exit instead of dying from the signal, so that exit handlers clean up.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => process.exit(1));
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid !== parent) process.exit(1);
  }, INTERVAL);
  timer.unref();
}
