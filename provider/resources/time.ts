import * as pulumi from '@pulumi/pulumi';

// Fields are declared, not defined: a field definition would overwrite the output that the base class has set.

export interface DeadlineArgs {
  /** A duration (`90m`, `8h`, `2d`), or a time in ISO 8601. */
  after: pulumi.Input<string>;
}

/** A time that is fixed when the lab is first made: a duration counts from then on, however often the program runs. */
export class Deadline extends pulumi.CustomResource {
  declare readonly after: pulumi.Output<string>;
  /** UTC, to the minute: `2026-12-01T18:00Z`. Known at preview too. */
  declare readonly time: pulumi.Output<string>;

  constructor(name: string, args: DeadlineArgs, options?: pulumi.CustomResourceOptions) {
    super('hardway:time:Deadline', name, { ...args, time: undefined }, options);
  }
}
