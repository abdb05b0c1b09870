import type { Tools } from '../../../toolchain';
import type { Lab } from '../../lab/name';
import type { Settings } from '../../lab/settings';

/** What a worker is to do to one lab. */
export type Task =
  | { kind: 'up'; lab: Lab; settings: Settings; toolchain: Tools }
  | { kind: 'verify'; lab: Lab; toolchain: Tools }
  | { kind: 'down'; lab: Lab };

/** What a worker tells the command that started it; steps are told apart by their numbers. */
export type News =
  | { kind: 'begin'; step: number; title: string }
  | { kind: 'update'; step: number; detail: string }
  | { kind: 'end'; step: number; how: 'done' | 'failed' | 'drop'; note?: string }
  | { kind: 'say'; line: string }
  | { kind: 'result'; value: unknown }
  | { kind: 'failure'; message: string; exitCode: number; cure?: string };

/** What a worker hears after its task. */
export type Order = 'stop';
