/** Task that takes time, with the tasks that must end before. */
export interface Task {
  key: string;
  seconds: number;
  /** Keys of other tasks. */
  after: string[];
  /** Earliest end of the wait: so many seconds after another task's end. For instances that boot during other tasks. */
  notBefore?: { key: string; seconds: number };
}

/** Task with its begin and end in seconds. */
export interface Done extends Task {
  begin: number;
  end: number;
  /** Key of the last task that this task waited for, because it depends on it or needs its place. */
  because?: string;
}

/**
 * Simulates an engine that works on at most `places` tasks at once and starts ready tasks in the given order. Throws an
 * Error if tasks wait for each other or for an unknown task.
 */
export function simulate(tasks: Task[], places: number): Map<string, Done> {
  const done = new Map<string, Done>();
  const running: Done[] = [];
  const waiting = [...tasks];
  let now = 0;
  let freed: string | undefined;
  while (waiting.length > 0 || running.length > 0) {
    for (const task of waiting.filter(({ after }) => after.every((key) => done.has(key)))) {
      if (running.length === places) break;
      waiting.splice(waiting.indexOf(task), 1);
      running.push(begin(task, now, done, freed));
    }
    if (running.length === 0)
      throw new Error(`nothing can begin of ${waiting.map(({ key }) => key).join(', ')}`);
    running.sort((a, b) => a.end - b.end);
    const next = running.shift()!;
    now = next.end;
    freed = next.key;
    done.set(next.key, next);
  }
  return done;
}

function begin(task: Task, now: number, done: Map<string, Done>, freed: string | undefined): Done {
  const last = task.after
    .map((key) => done.get(key)!)
    .sort((a, b) => b.end - a.end)
    .at(0);
  let because = freed ?? last?.key;
  if (last?.end === now) because = last.key;
  const { notBefore } = task;
  if (notBefore) {
    const ready = done.get(notBefore.key)!.end + notBefore.seconds;
    if (ready > now)
      return { ...task, begin: now, end: ready + task.seconds, because: notBefore.key };
  }
  return { ...task, begin: now, end: now + task.seconds, because };
}

/** The chain of tasks that the last one waited for, first to last. */
export function criticalPath(done: Map<string, Done>, last: Done): Done[] {
  const before = done.get(last.because ?? '');
  if (before) return [...criticalPath(done, before), last];
  return [last];
}

export const latest = (tasks: Done[]): Done => tasks.reduce((a, b) => (b.end > a.end ? b : a));
