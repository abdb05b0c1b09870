import type { Tools } from '../../../toolchain';
import type { LabRef } from '../../lab/name';
import type { Settings } from '../../lab/settings';

/** Task of a worker for one lab. */
export type Task =
  | { kind: 'up'; lab: LabRef; settings: Settings; toolchain: Tools }
  | { kind: 'verify'; lab: LabRef; toolchain: Tools }
  | { kind: 'drill'; lab: LabRef; drill: string; toolchain: Tools }
  | { kind: 'down'; lab: LabRef };

/** Message from a worker to its parent. Numbers identify steps. */
export type News =
  | { kind: 'begin'; step: number; title: string }
  | { kind: 'update'; step: number; detail: string }
  | { kind: 'end'; step: number; how: 'done' | 'failed' | 'drop'; note?: string }
  | { kind: 'say'; line: string }
  | { kind: 'result'; value: unknown }
  | { kind: 'failure'; message: string; exitCode: number; cure?: string };

/** Message from the parent to a worker, after its task. */
export type Order = 'stop';
