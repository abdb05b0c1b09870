import type {
  DiagnosticEvent,
  EngineEvent,
  LocalWorkspace,
  Stack,
} from '@pulumi/pulumi/automation';
import type { LabOutputs } from '../../components/outputs';
import type { EnginePrograms } from './environment';
import { engineFailure, lockedFailure, runFailure } from './errors';
import { Failure, Interrupted, unable } from '../errors';
import { watchState } from '../full-disk';
import { holders, removeDeadLocks } from './stale-locks';
import { type EnginePlace, enginePlace, pulumi } from './process';
import { anyDamagedState, damagedState } from './state-files';
import { interruptible } from '../ui/signals';
import { type Snapshot, asOutputs, readSnapshot } from './snapshot';

// Loaded on demand: short commands do without it.
const automation = (): typeof import('@pulumi/pulumi/automation') =>
  require('@pulumi/pulumi/automation');

/** A stack as the backend lists it. */
export interface StackSummary {
  name: string;
  busy: boolean;
}

/** Callbacks of a run of the engine. */
export interface RunOptions {
  onEvent(event: EngineEvent): void;
  /** Called at the first Ctrl-C. */
  onInterrupt(): void;
  /** Called with a text for the user while the engine waits for space on the state's disk. */
  onFullDisk(text: string): void;
  /** Command to run after a failure or an interruption. */
  cure: string;
}

export interface DestroyOptions extends RunOptions {
  /**
   * Whether the engine refreshes its state first. Resources that were deleted by hand then leave
   * the state: some providers fail to delete a resource that does not exist.
   */
  refresh: boolean;
}

export interface UpOptions extends RunOptions {
  /** The stack's state, read just before the run. */
  snapshot: Snapshot | undefined;
  /** Whether the engine refreshes its state first. */
  refresh: boolean;
  /** URNs to replace although their inputs are unchanged: steps with edited files on a node. */
  replace: string[];
}

/** Runs the Pulumi engine on this project's stacks. */
export class Engine {
  private loaded: Promise<LocalWorkspace> | undefined;

  private constructor(private readonly place: EnginePlace) {}

  /** Prepares the engine. Throws a Failure if that is not possible. */
  static async open(programs: EnginePrograms): Promise<Engine> {
    return new Engine(enginePlace(programs));
  }

  /** Lists the stacks of this project in the backend. */
  async stacks(): Promise<StackSummary[]> {
    const listed = await pulumi(this.place, 'stack', 'ls', '--json').catch((error) =>
      Promise.reject(anyDamagedState() ?? error),
    );
    const found = JSON.parse(listed) as { name: string; updateInProgress?: boolean }[];
    return found.map((stack) => ({ name: stack.name, busy: stack.updateInProgress ?? false }));
  }

  /** Reads the state of a stack; `undefined` if the stack does not exist. */
  async snapshot(name: string): Promise<Snapshot | undefined> {
    try {
      const exported = JSON.parse(
        await pulumi(this.place, 'stack', 'export', '--show-secrets', '--stack', name),
      ) as { deployment?: unknown };
      return readSnapshot(exported.deployment);
    } catch (error) {
      if (error instanceof Failure && /no stack named .* found/.test(error.message))
        return undefined;
      throw damagedState(name) ?? error;
    }
  }

  /** Throws Locked if an engine works on the stack. Only a file backend shows that before a run. */
  refuseLocked(name: string): void {
    const found = removeDeadLocks(this.place.envVars.PULUMI_BACKEND_URL, name);
    if (found.length > 0) throw lockedFailure(name, found);
  }

  /** Removes a stack from the backend after its resources were deleted without the engine. */
  async forget(name: string): Promise<void> {
    removeDeadLocks(this.place.envVars.PULUMI_BACKEND_URL, name);
    await pulumi(this.place, 'stack', 'rm', '--yes', '--force', '--stack', name);
  }

  /** Creates the stack or changes it to match its config, from any state. */
  async up(name: string, options: UpOptions): Promise<{ outputs: LabOutputs }> {
    removeDeadLocks(this.place.envVars.PULUMI_BACKEND_URL, name);
    const { Stack } = automation();
    const workspace = await this.workspace();
    const stack = await this.describingErrors(name, () =>
      options.snapshot ? Stack.select(name, workspace) : Stack.createOrSelect(name, workspace),
    );
    if (options.snapshot?.pending) await this.clearPending(stack, options);
    const { outputs } = await this.run(stack, options, (onEvent, signal) =>
      stack.up({
        color: 'never',
        refresh: options.refresh,
        replace: options.replace,
        onEvent,
        signal,
      }),
    );
    const complete = asOutputs(
      Object.fromEntries(Object.entries(outputs).map(([key, { value }]) => [key, value])),
    );
    if (!complete) throw unable(`The program of stack ${name} ended without outputs.`);
    return { outputs: complete };
  }

  /**
   * Destroys the stack's resources. The empty stack remains (see `remove`). Returns false if the
   * stack does not exist.
   */
  async destroy(name: string, options: DestroyOptions): Promise<boolean> {
    removeDeadLocks(this.place.envVars.PULUMI_BACKEND_URL, name);
    const stack = await this.find(name);
    if (!stack) return false;
    if ((await this.snapshot(name))?.pending) await this.clearPending(stack, options);
    await this.run(stack, options, (onEvent, signal) =>
      stack.destroy({ color: 'never', refresh: options.refresh, onEvent, signal }),
    );
    return true;
  }

  /** Removes an empty stack. Its config file remains. */
  async remove(name: string): Promise<void> {
    await pulumi(this.place, 'stack', 'rm', '--yes', '--preserve-config', '--stack', name);
  }

  /**
   * Maps each drifted resource (by URN) to a description: the changes that a refresh would record.
   * Read-only.
   */
  async drift(name: string): Promise<Map<string, string>> {
    const stack = await this.find(name);
    const found = new Map<string, string>();
    if (!stack) return found;
    const onEvent = (event: EngineEvent): void => {
      const metadata = event.resOutputsEvent?.metadata;
      if (!metadata || metadata.op === 'same' || metadata.op === 'refresh') return;
      found.set(
        metadata.urn,
        metadata.op === 'delete'
          ? 'does not exist'
          : String(metadata.new?.outputs.trouble || 'is not as declared'),
      );
    };
    await this.describingErrors(name, () => stack.previewRefresh({ color: 'never', onEvent }));
    return found;
  }

  /** Throws a Failure if the engine can't be started. */
  private workspace(): Promise<LocalWorkspace> {
    this.loaded ??= this.load();
    return this.loaded;
  }

  private async load(): Promise<LocalWorkspace> {
    // PulumiCommand searches PATH.
    process.env.PATH = this.place.envVars.PATH;
    try {
      const pulumiCommand = await automation().PulumiCommand.get();
      return await automation().LocalWorkspace.create({ ...this.place, pulumiCommand });
    } catch (error) {
      throw unable(`The Pulumi engine does not start: ${(error as Error).message.trim()}`);
    }
  }

  private async find(name: string): Promise<Stack | undefined> {
    const workspace = await this.workspace();
    try {
      return await automation().Stack.select(name, workspace);
    } catch (error) {
      if (error instanceof automation().StackNotFoundError) return undefined;
      throw damagedState(name) ?? engineFailure(error);
    }
  }

  /**
   * Removes the pending creates of a killed engine from the state. The next create adopts local
   * resources; orphans in a cloud were deleted before (orphans.ts).
   */
  private async clearPending(stack: Stack, options: RunOptions): Promise<void> {
    await this.run(stack, options, (onEvent, signal) =>
      stack.refresh({ color: 'never', clearPendingCreates: true, onEvent, signal }),
    );
  }

  /**
   * Runs the engine; the user can interrupt the run. Throws a Failure with the messages of the
   * program and its resources, Interrupted if the user stopped the run.
   */
  private async run<T>(
    stack: Stack,
    options: RunOptions,
    operation: (onEvent: (event: EngineEvent) => void, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const errors: DiagnosticEvent[] = [];
    const onEvent = (event: EngineEvent): void => {
      if (event.diagnosticEvent?.severity === 'error') errors.push(event.diagnosticEvent);
      options.onEvent(event);
    };
    const endWatch = watchState(options.onFullDisk);
    return interruptible(
      async (interruption) => {
        try {
          return await operation(onEvent, interruption.signal);
        } catch (error) {
          if (interruption.happened)
            throw new Interrupted(`Interrupted: lab ${stack.name} is incomplete.`, options.cure);
          if (error instanceof automation().ConcurrentUpdateError)
            throw lockedFailure(stack.name, holders(error.message));
          throw runFailure(errors, engineFailure(error).message, options.cure);
        }
      },
      options.onInterrupt,
      { childrenHear: true },
    ).finally(endWatch);
  }

  /** Converts the error of a short engine command on a stack to a Failure. */
  private async describingErrors<T>(name: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const found = holders(String(error));
      throw found.length > 0 ? lockedFailure(name, found) : engineFailure(error);
    }
  }
}
