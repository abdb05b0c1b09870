/** Something that takes time, and what must be over before it begins. */
export interface Task {
  key: string;
  seconds: number;
  /** Keys of other tasks. */
  after: string[];
  /** Can't go on before so many seconds after another task's end: a machine that boots while others are made. */
  notBefore?: { key: string; seconds: number };
}

/** A task as it went: seconds from the beginning. */
export interface Done extends Task {
  begin: number;
  end: number;
  /** Key of what it waited for to the last: a task, or a free place. */
  because?: string;
}

/**
 * Goes through tasks as an engine does that works on at most `places` of them at once: whatever is ready begins, in the order
 * given. Throws an Error where tasks wait for each other, or for one that there is not.
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
    .reduce<Done | undefined>(
      (latest, one) => (latest && latest.end >= one.end ? latest : one),
      undefined,
    );
  const because = last && last.end === now ? last.key : (freed ?? last?.key);
  const { notBefore } = task;
  const machine = notBefore && done.get(notBefore.key)!;
  const ready = machine ? machine.end + notBefore.seconds : now;
  return {
    ...task,
    begin: now,
    end: Math.max(now, ready) + task.seconds,
    because: ready > now ? notBefore!.key : because,
  };
}

/** The chain of tasks that the last one waited for, first to last. */
export function criticalPath(done: Map<string, Done>, last: Done): Done[] {
  const before = last.because === undefined ? undefined : done.get(last.because);
  return before ? [...criticalPath(done, before), last] : [last];
}

export const latest = (tasks: Done[]): Done => tasks.reduce((a, b) => (b.end > a.end ? b : a));
