import type * as Zod from 'zod';
import type { Hint } from '../progress';

/** Message of a browser. */
export type BrowserMessage =
  /** The step that the student has open. */
  | { type: 'select'; step: string }
  | { type: 'open'; place: string; columns: number; rows: number }
  | { type: 'input'; place: string; data: string }
  | { type: 'resize'; place: string; columns: number; rows: number }
  | { type: 'answer'; step: string; text: string }
  | { type: 'walk'; step: string }
  | { type: 'drill'; verb: 'start' | 'check' | 'hint' | 'stop'; name: string };

/** Builds the schema of the messages. zod loads slowly, so the first message loads it. */
function messageSchema() {
  const { z } = require('zod') as typeof Zod;
  const word = z.string().max(200);
  const columns = z.int().min(2).max(500);
  const rows = z.int().min(2).max(300);
  const place = word;
  return z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('select'), step: word }),
    z.strictObject({ type: z.literal('open'), place, columns, rows }),
    z.strictObject({ type: z.literal('input'), place, data: z.string().max(60_000) }),
    z.strictObject({ type: z.literal('resize'), place, columns, rows }),
    z.strictObject({ type: z.literal('answer'), step: word, text: word }),
    z.strictObject({ type: z.literal('walk'), step: word }),
    z.strictObject({
      type: z.literal('drill'),
      verb: z.enum(['start', 'check', 'hint', 'stop']),
      name: word,
    }),
  ]);
}

let schema: ReturnType<typeof messageSchema> | undefined;

/** Parses a message of a browser; `undefined` if it has another form. */
export function parseMessage(text: string): BrowserMessage | undefined {
  try {
    schema ??= messageSchema();
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** Command of a step, as the page shows it. */
export interface ShownCommand {
  place: string;
  type: string;
  done: boolean;
}

/** Step, as the page shows it. */
export interface ShownStep {
  id: string;
  title: string;
  text: string[];
  commands: ShownCommand[];
  done: boolean;
  evidence: string;
  /** Table of the VPC router, or other facts that no terminal shows; empty for most steps. */
  facts: string;
  article: string;
  since: string;
  /** Why the step does not apply to this lab; empty if it does. */
  skip: string;
  question?: { ask: string; form: string; answer: string };
  walk?: string;
}

/** Drill, as the page shows it. */
export interface ShownDrill {
  name: string;
  title: string;
  minutes: number;
  /** Result of the last time, or `running`; empty if it was never started. */
  state: string;
}

export interface ShownChapter {
  title: string;
  intro: string;
  steps: ShownStep[];
  drills: ShownDrill[];
}

/** Node of the picture. */
export interface ShownNode {
  name: string;
  role: 'controller' | 'worker';
  address: string;
  publicAddress: string;
  bridge: string;
  pods: { name: string; ip: string }[];
}

/** Whole tour, as the page shows it. */
export interface ShownTour {
  lab: string;
  chapters: ShownChapter[];
  network: { nodes: ShownNode[]; router: string; serviceCidr: string };
  /** Places of terminals. */
  places: string[];
  done: number;
  total: number;
}

/** Place on a walk, with what decided there. */
export interface ShownVisit {
  place: string;
  interfaces: string[];
  lines: string[];
}

/** Message of the server. */
export type ServerMessage =
  | { type: 'tour'; tour: ShownTour }
  | { type: 'done'; step: string; title: string }
  | { type: 'output'; place: string; data: string; replay: boolean }
  | { type: 'closed'; place: string }
  | { type: 'hints'; hints: Hint[] }
  | { type: 'answered'; step: string; right: boolean; text: string }
  | { type: 'walk'; step: string; forward: ShownVisit[]; reply: ShownVisit[]; ending: string }
  | { type: 'drill'; text: string; running: boolean };
