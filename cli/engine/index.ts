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
import { holders, removeDeadLocks } from './stale-locks';
import { type EnginePlace, enginePlace, pulumi } from './process';
import { anyDamage, damage } from './state-files';
import { interruptible } from '../ui/signals';
import { type Snapshot, asOutputs, readSnapshot } from './snapshot';

// Loaded for a run of the engine, not for what short commands do as well.
const automation = (): typeof import('@pulumi/pulumi/automation') =>
  require('@pulumi/pulumi/automation');

/** A stack as the backend lists it. */
export interface StackSummary {
  name: string;
  busy: boolean;
}

/** What a run of the engine tells, and whom. */
export interface RunOptions {
  onEvent(event: EngineEvent): void;
  /** Called at the first Ctrl-C. */
  onInterrupt(): void;
  /** What to do when it fails or is interrupted: a command. */
  cure: string;
}

export interface DestroyOptions extends RunOptions {
  /**
   * Whether the engine reads every resource first. Resources that were deleted by hand then leave the state; some of
   * the providers fail to delete a resource that does not exist.
   */
  refresh: boolean;
}

export interface UpOptions extends RunOptions {
  /** The state as it is, as read a moment ago. */
  snapshot: Snapshot | undefined;
  /** Whether the engine itself is to look first what became of everything that the state remembers. */
  refresh: boolean;
  /** URNs to make anew though their inputs are the same: steps whose files were edited on the node. */
  replace: string[];
}

/** The Pulumi engine, on this project's stacks, through the Automation API. */
export class Engine {
  private loaded: Promise<LocalWorkspace> | undefined;

  private constructor(private readonly place: EnginePlace) {}

  /** Throws a Failure if what the engine needs can't be made ready. */
  static async open(programs: EnginePrograms): Promise<Engine> {
    return new Engine(enginePlace(programs));
  }

  /** The stacks of this project in the backend. */
  async stacks(): Promise<StackSummary[]> {
    const listed = await pulumi(this.place, 'stack', 'ls', '--json').catch((error) =>
      Promise.reject(anyDamage() ?? error),
    );
    const found = JSON.parse(listed) as { name: string; updateInProgress?: boolean }[];
    return found.map((stack) => ({ name: stack.name, busy: stack.updateInProgress ?? false }));
  }

  /** What the state holds of a stack, or undefined where there is no such stack. */
  async snapshot(name: string): Promise<Snapshot | undefined> {
    try {
      const exported = JSON.parse(
        await pulumi(this.place, 'stack', 'export', '--show-secrets', '--stack', name),
      ) as { deployment?: unknown };
      return readSnapshot(exported.deployment);
    } catch (error) {
      if (error instanceof Failure && /no stack named .* found/.test(error.message))
        return undefined;
      throw damage(name) ?? error;
    }
  }

  /** Throws Locked where an engine is at work on the stack. Of a backend that keeps no files it can't tell before a run. */
  refuseLocked(name: string): void {
    const found = removeDeadLocks(this.place.envVars.PULUMI_BACKEND_URL, name);
    if (found.length > 0) throw lockedFailure(name, found);
  }

  /** Forgets a stack whose resources were removed by other means. */
  async forget(name: string): Promise<void> {
    removeDeadLocks(this.place.envVars.PULUMI_BACKEND_URL, name);
    await pulumi(this.place, 'stack', 'rm', '--yes', '--force', '--stack', name);
  }

  /** Brings the stack to what its config says, whatever state it is in. Makes it if there is none. */
  async up(name: string, options: UpOptions): Promise<{ outputs: LabOutputs }> {
    removeDeadLocks(this.place.envVars.PULUMI_BACKEND_URL, name);
    const { Stack } = automation();
    const workspace = await this.workspace();
    const stack = await this.told(name, () =>
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

  /** Destroys the stack's resources. The empty stack remains (`remove`). False if there is no such stack. */
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

  /** Differences between state and world by URN, in words: what a refresh would change. Changes nothing. */
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
          ? 'is gone'
          : String(metadata.new?.outputs.trouble || 'is not as declared'),
      );
    };
    await this.told(name, () => stack.previewRefresh({ color: 'never', onEvent }));
    return found;
  }

  /** Throws a Failure if the engine can't be started. */
  private workspace(): Promise<LocalWorkspace> {
    this.loaded ??= this.load();
    return this.loaded;
  }

  private async load(): Promise<LocalWorkspace> {
    // PulumiCommand looks along PATH.
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
      throw damage(name) ?? engineFailure(error);
    }
  }

  /**
   * Removes the pending creates of a killed engine from the state. Local resources are adopted by the next create; of a
   * cloud, orphans were deleted before (orphans.ts).
   */
  private async clearPending(stack: Stack, options: RunOptions): Promise<void> {
    await this.run(stack, options, (onEvent, signal) =>
      stack.refresh({ color: 'never', clearPendingCreates: true, onEvent, signal }),
    );
  }

  /**
   * One run of the engine that can be interrupted.
   * Throws a Failure with the program's and the resources' own messages, Interrupted when somebody stopped it.
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
    return interruptible(
      async (interruption) => {
        try {
          return await operation(onEvent, interruption.signal);
        } catch (error) {
          if (interruption.happened)
            throw new Interrupted(
              `Interrupted: lab ${stack.name} is as far as it came.`,
              options.cure,
            );
          if (error instanceof automation().ConcurrentUpdateError)
            throw lockedFailure(stack.name, holders(error.message));
          throw runFailure(errors, engineFailure(error).message, options.cure);
        }
      },
      options.onInterrupt,
      { childrenHear: true },
    );
  }

  /** What short commands of the engine on a stack have to say when they fail, as a Failure. */
  private async told<T>(name: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const found = holders(String(error));
      throw found.length > 0 ? lockedFailure(name, found) : engineFailure(error);
    }
  }
}
