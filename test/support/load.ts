import { isVersion2, groupOf, readSetting } from '../../provider/local/shared/cgroups';
import { processesWith } from '../../provider/local/shared/daemon';
import { until } from './until';
import { asRoot } from './command';
import { inPodOf } from './neighbours';

// Load on a lab: processes, memory and processors up to the lab's limits.

/** Environment variable of every process of the load, by which the process is found and ended. */
const MARK = 'HARDWAY_TEST_LOAD=1';
/** Seconds after which the load ends, even if the test was killed. */
const BOUND = 90;

const LOOPS = 'for i in $(seq $(($(nproc) * 2))); do while :; do :; done & done; wait';
export const LOADS = {
  loops: LOOPS,
  memory: 'while :; do tail /dev/zero; done',
  forks: 'bomb() { bomb | bomb & }; bomb; wait; while :; do bomb; sleep 1; done',
};
export type Load = keyof typeof LOADS;

/** Starts load on a node as root, in a systemd unit, which systemd can end without starting a process. */
export const loadNode = (name: string, node: string, load: Load): Promise<string> =>
  asRoot(
    name,
    node,
    `systemd-run --quiet --collect --setenv=${MARK} --property=RuntimeMaxSec=${BOUND} --property=TasksMax=infinity --property=OOMPolicy=continue bash -c '${LOADS[load]}'`,
  );

/** Starts load in a pod, as far as busybox can: loops and memory. */
export const loadPod = (name: string, pod: string): Promise<string> =>
  inPodOf(
    name,
    pod,
  )(
    `export ${MARK}; for line in '${LOADS.loops}' 'while :; do dd if=/dev/zero of=/dev/null bs=4000M count=1; done'; do setsid timeout ${BOUND} sh -c "$line" > /dev/null 2>&1 < /dev/null & done`,
  );

const signal = (pids: number[], name: NodeJS.Signals): void => {
  for (const pid of pids) {
    try {
      process.kill(pid, name);
    } catch {
      continue;
    }
  }
};

/** Ends every process of the load. Stops all of them first, so that none starts others. */
export async function endLoad(): Promise<void> {
  let found: number[] = [];
  await until('the load stands still', () => {
    const before = found.length;
    signal((found = processesWith(MARK)), 'SIGSTOP');
    return found.length <= before;
  });
  await until('the load has ended', () => {
    signal((found = processesWith(MARK)), 'SIGKILL');
    return found.length === 0;
  });
}

/** Measures a lab's processes and memory repeatedly until `stop`, which returns the maximum. */
export function sample(name: string): { stop(): { memory: number; processes: number } } {
  const most = { memory: 0, processes: 0 };
  const memory = isVersion2() ? 'memory.current' : 'memory.usage_in_bytes';
  const timer = setInterval(() => {
    most.memory = Math.max(most.memory, Number(readSetting(groupOf(name), memory)));
    most.processes = Math.max(most.processes, Number(readSetting(groupOf(name), 'pids.current')));
  }, 50);
  return {
    stop() {
      clearInterval(timer);
      return most;
    },
  };
}
