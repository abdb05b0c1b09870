import { isVersion2, groupOf, readSetting } from '../../provider/local/shared/cgroups';
import { processesWith } from '../../provider/local/shared/daemon';
import { until } from './until';
import { asRoot } from './command';
import { inPodOf } from './neighbours';

// A lab that takes all it can get of its machine: processes, memory and processors.

/** In the environment of every process of it, so that each can be found and ended by its id. */
const MARK = 'HARDWAY_TEST_LOAD=1';
/** Seconds after which it ends by itself, whatever becomes of the test. */
const BOUND = 90;

const LOOPS = 'for i in $(seq $(($(nproc) * 2))); do while :; do :; done & done; wait';
export const LOADS = {
  loops: LOOPS,
  memory: 'while :; do tail /dev/zero; done',
  forks: 'bomb() { bomb | bomb & }; bomb; wait; while :; do bomb; sleep 1; done',
};
export type Load = keyof typeof LOADS;

/** On a node as root, in a unit of its own: systemd ends it without having to start anything. */
export const loadNode = (name: string, node: string, load: Load): Promise<string> =>
  asRoot(
    name,
    node,
    `systemd-run --quiet --collect --setenv=${MARK} --property=RuntimeMaxSec=${BOUND} --property=TasksMax=infinity --property=OOMPolicy=continue bash -c '${LOADS[load]}'`,
  );

/** The same in a pod, as far as busybox can: loops, and memory. */
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

/** Ends every process of it; first none may make others any more. */
export async function endLoad(): Promise<void> {
  let found: number[] = [];
  await until('the load stands still', () => {
    const before = found.length;
    signal((found = processesWith(MARK)), 'SIGSTOP');
    return found.length <= before;
  });
  await until('the load is gone', () => {
    signal((found = processesWith(MARK)), 'SIGKILL');
    return found.length === 0;
  });
}

/** What a lab takes, again and again until told to stop; says the most it was seen to take. */
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
