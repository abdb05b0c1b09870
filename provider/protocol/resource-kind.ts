/** Inputs or state of a resource as plain JSON, without wrapped secrets and unknown values. */
export type Properties = Record<string, any>;

/** A mistake in a resource's inputs: the property, and what is wrong and what to do. */
export interface Failure {
  property: string;
  reason: string;
}

/** Difference between the declared and the actual resource. */
export interface Difference {
  /** Names of the properties that differ. */
  changed: string[];
  /** Names of changed properties that an update cannot repair: the resource is replaced. */
  replace: string[];
  /**
   * Deletes the old resource before its replacement is created (same name, same address). Default
   * true.
   */
  deleteBeforeReplace?: boolean;
}

/** Context of a call by the engine. Last argument of every method; absent in tests. */
export interface Call {
  urn: string;
  /**
   * Shows a line below the resource in Pulumi's display. Secrets of the call's properties are
   * masked.
   */
  log(severity: 'debug' | 'info' | 'warning' | 'error', message: string): void;
  /**
   * Like `log`, but the line is shown only during the call, for example what the call waits for.
   */
  status(message: string): void;
  /** Aborts when the user interrupts the engine or the resource's custom timeout is exceeded. */
  signal: AbortSignal;
}

/**
 * A kind of resource: all operations on it. Inputs and states arrive with secrets unwrapped.
 * The engine may repeat any call after a crash: `create` adopts an existing resource, `delete`
 * accepts a missing one.
 */
export interface ResourceKind<
  Inputs extends Properties = Properties,
  State extends Properties = Properties,
> {
  /**
   * Outputs that are always secret. Outputs that contain the text of a secret input are secret too.
   */
  secrets?: string[];
  /**
   * Returns the values that must be masked, for kinds with secret properties that also contain
   * public parts, such as a connection's host. `secret` holds the names of the secret properties.
   * Default: every text in a secret property.
   */
  sensitive?(properties: Properties, secret: Set<string>): unknown[];
  /**
   * Validates the inputs. Adds defaults and values that other resources depend on (addresses,
   * generation), so that an update does not make them unknown.
   * `unknown` holds the names of inputs that are not known yet (preview); they are absent from
   * `news`.
   * `olds` are the inputs that `check` returned last time.
   */
  check?(
    news: Partial<Inputs>,
    olds: Inputs | undefined,
    unknown: Set<string>,
    call?: Call,
  ): Promise<{ inputs: Properties; failures?: Failure[] }>;
  /**
   * Compares inputs. Default: every changed input counts, and replaces the resource if the kind has
   * no `update`. `olds` combines old inputs and state.
   */
  diff?(olds: State, news: Inputs, unknown: Set<string>, call?: Call): Promise<Difference>;
  create(inputs: Inputs, call?: Call): Promise<{ id: string; state: State }>;
  /**
   * Returns the actual state, or `undefined` if the resource does not exist. Default: the state
   * that the engine has stored.
   */
  read?(id: string, state: State, call?: Call): Promise<State | undefined>;
  update?(id: string, olds: State, news: Inputs, call?: Call): Promise<State>;
  delete(id: string, state: State, call?: Call): Promise<void>;
}
