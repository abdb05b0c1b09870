/** Resource inputs and states: plain JSON, once secrets and unknowns are dealt with. */
export type Properties = Record<string, any>;

/** One mistake in a resource's inputs: which property, what is wrong and what to do. */
export interface Failure {
  property: string;
  reason: string;
}

/** What differs between what is declared and what is. */
export interface Difference {
  /** Property names that differ. */
  changed: string[];
  /** Those of them that an update can't mend: the resource is made anew. */
  replace: string[];
  /** The old one must go before the new one comes (same name, same address). Default true. */
  deleteBeforeReplace?: boolean;
}

/** What a kind may want to know of the engine's call, beside the properties. Last argument of every method; absent in tests. */
export interface Call {
  urn: string;
  /** A line under the resource in Pulumi's display. Secrets among the call's properties are masked. */
  log(severity: 'debug' | 'info' | 'warning' | 'error', message: string): void;
  /** The same, but shown only while the call runs: what is being waited for. */
  status(message: string): void;
  /** Aborts when the user interrupts the engine or the resource's custom timeout is over. */
  signal: AbortSignal;
}

/**
 * One kind of resource, its whole life. Inputs and states arrive with secrets unwrapped.
 * Every call may be repeated after a crash: create adopts what is there, delete of what is gone succeeds.
 */
export interface ResourceKind<
  Inputs extends Properties = Properties,
  State extends Properties = Properties,
> {
  /** Outputs to be kept secret, whatever they come from. Outputs that hold the text of a secret input always are. */
  secrets?: string[];
  /**
   * The values among `properties` that may not appear in the open, where a secret property holds plain parts too
   * (a connection's host). `secret` are the secret properties' names. Default: every text in a secret property.
   */
  sensitive?(properties: Properties, secret: Set<string>): unknown[];
  /**
   * Fills in defaults and what other resources hang on (addresses, generation), so that an update does not make them unknown.
   * `unknown` tells which inputs aren't known yet (preview): those properties are absent from `news`.
   * `olds` are the inputs as check returned them last time.
   */
  check?(
    news: Partial<Inputs>,
    olds: Inputs | undefined,
    unknown: Set<string>,
    call?: Call,
  ): Promise<{ inputs: Properties; failures?: Failure[] }>;
  /** Default: any input that differs is changed, and replaces unless the kind has `update`. `olds` are old inputs and state in one. */
  diff?(olds: State, news: Inputs, unknown: Set<string>, call?: Call): Promise<Difference>;
  create(inputs: Inputs, call?: Call): Promise<{ id: string; state: State }>;
  /** The state as it is in the world now, or undefined when the resource is gone. Default: what the engine remembers. */
  read?(id: string, state: State, call?: Call): Promise<State | undefined>;
  update?(id: string, olds: State, news: Inputs, call?: Call): Promise<State>;
  delete(id: string, state: State, call?: Call): Promise<void>;
}
