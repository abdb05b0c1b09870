import type * as Zod from 'zod';

/** Drills of a student. */
export interface ShownDrills {
  /** Drill that runs. */
  running?: { name: string; started: string; hints: number; checks: number };
  /** Number of different drills that the student has solved. */
  solved: number;
  /** Number of drills that ended otherwise: the solution was shown, or the drill was stopped. */
  others: number;
}

/** Row of the board. It holds no address, login or key of a lab. */
export interface ShownStudent {
  id: string;
  name: string;
  /** One entry for each chapter; empty if the student has not begun the tour. */
  chapters: { done: number; total: number }[];
  /** Step that the student's page shows; unset if none is open. */
  open?: { chapter: string; title: string };
  /** ISO 8601: last step done; unset before the first one. */
  last?: string;
  /** ISO 8601: last step done, drill ended, or page opened. */
  since?: string;
  isWhole: boolean;
  drills: ShownDrills;
  /** Result of the last complete verification. */
  checks?: { passed: number; failed: number; at: string };
  /** Number of hints sent. */
  hints: number;
}

/** Message of the board's server. `now` is the server's clock, ISO 8601. */
export type ServerMessage =
  | { type: 'board'; now: string; chapters: string[]; students: ShownStudent[] }
  /** Names of the students who got a hint, and of those who have no lab. */
  | { type: 'sent'; to: string[]; without: string[] }
  | { type: 'failed'; text: string };

/** Message of a page: a hint to students, by id. */
export interface BrowserMessage {
  type: 'hint';
  to: string[];
  text: string;
}

/** Longest hint, in characters. */
export const LONGEST_HINT = 500;

/** Parses a message of a page; `undefined` if it has another form. */
export function parseMessage(text: string): BrowserMessage | undefined {
  const { z } = require('zod') as typeof Zod;
  const schema = z.strictObject({
    type: z.literal('hint'),
    to: z.array(z.string().max(100)).min(1).max(1000),
    text: z.string().trim().min(1).max(LONGEST_HINT),
  });
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
