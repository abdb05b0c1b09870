import type * as pulumi from '@pulumi/pulumi';
import { resource } from './resource';

export interface DeadlineArgs {
  /** A duration (`90m`, `8h`, `2d`), or a time in ISO 8601. */
  after: pulumi.Input<string>;
}

interface DeadlineComputed {
  /** UTC, to the minute: `2026-12-01T18:00Z`. Known at preview too. */
  time: string;
}

/**
 * A time that is fixed when the lab is created. A duration counts from then on, however often the
 * program runs.
 */
export class Deadline extends resource<DeadlineArgs, DeadlineComputed>(
  'hardway:time:Deadline',
  'time',
) {}
