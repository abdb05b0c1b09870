import type { ResourceKind } from '../protocol/resource-kind';

const UNIT_SECONDS: Record<string, number> = { m: 60, h: 3600, d: 86400 };

/**
 * Returns the time in `after`, or the time that follows `now` by the duration `after`. UTC, to the
 * minute.
 */
export function timeAfter(after: string, now: Date): string {
  const [, count, unit] = /^(\d+)([mhd])$/.exec(after) ?? [];
  let time = new Date(after);
  if (count !== undefined)
    time = new Date(now.getTime() + Number(count) * UNIT_SECONDS[unit] * 1000);
  return `${time.toISOString().slice(0, 16)}Z`;
}

interface DeadlineState {
  after: string;
  time: string;
}

/** A time that exists only in the state. It is kept until `after` changes. */
export const deadline: ResourceKind<DeadlineState, DeadlineState> = {
  async check({ after }, olds) {
    if (olds !== undefined && olds.after === after) return { inputs: { after, time: olds.time } };
    return { inputs: { after, time: timeAfter(after!, new Date()) } };
  },
  create: async (inputs) => ({ id: inputs.time, state: inputs }),
  update: async (_id, _olds, news) => news,
  async delete() {},
};

/** Resource kinds for times, by token. */
export const timeKinds: Record<string, ResourceKind<any, any>> = {
  'hardway:time:Deadline': deadline,
};
