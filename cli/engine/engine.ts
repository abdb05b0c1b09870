import type { DiagnosticEvent, EngineEvent } from '@pulumi/pulumi/automation';
import type { EnginePrograms } from './environment';
import { engineFailure, lockedFailure, runFailure } from './errors';
import { Failure, Interrupted } from '../errors';
import { watchState } from '../full-disk';
import { holders, isLocked, removeDeadLocks } from './stale-locks';
import { refuseLostPassphrase } from './passphrase';
import { type EnginePlace, enginePlace, pulumi, pulumiWithEvents } from './process';
import { anyDamagedState, damagedState, isAbsent } from './state-files';
import { interruptible } from '../ui/signals';
import { type Snapshot, readSnapshot } from './snapshot';

const isNotFound = (error: unknown): boolean =>
  error instanceof Failure && /no stack named .* found/.test(error.message);

/** Options of every run without a confirmation and a preview. */
const UNATTENDED = ['--yes', '--skip-preview'];

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
    if (isAbsent(name)) return undefined;
    refuseLostPassphrase(name);
    try {
      const exported = JSON.parse(
        await pulumi(this.place, 'stack', 'export', '--show-secrets', '--stack', name),
      ) as { deployment?: unknown };
      return readSnapshot(exported.deployment);
    } catch (error) {
      if (isNotFound(error)) return undefined;
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
  async up(name: string, options: UpOptions): Promise<void> {
    removeDeadLocks(this.place.envVars.PULUMI_BACKEND_URL, name);
    if (!options.snapshot) await this.create(name);
    if (options.snapshot?.pending) await this.clearPending(name, options);
    const refresh = options.refresh ? ['--refresh'] : [];
    const replace = options.replace.flatMap((urn) => ['--replace', urn]);
    await this.run(name, options, ['up', ...UNATTENDED, ...refresh, ...replace]);
  }

  /**
   * Destroys the stack's resources. The empty stack remains (see `remove`). Returns false if the
   * stack does not exist.
   */
  async destroy(name: string, options: DestroyOptions): Promise<boolean> {
    removeDeadLocks(this.place.envVars.PULUMI_BACKEND_URL, name);
    const snapshot = await this.snapshot(name);
    if (!snapshot) return false;
    if (snapshot.pending) await this.clearPending(name, options);
    const refresh = options.refresh ? ['--refresh'] : [];
    await this.run(name, options, ['destroy', ...UNATTENDED, ...refresh]);
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
    const found = new Map<string, string>();
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
    try {
      await this.describingErrors(name, () =>
        pulumiWithEvents(this.place, ['refresh', '--preview-only', '--stack', name], { onEvent }),
      );
    } catch (error) {
      if (!isNotFound(error)) throw damagedState(name) ?? error;
    }
    return found;
  }

  private async create(name: string): Promise<void> {
    await this.describingErrors(name, () => pulumi(this.place, 'stack', 'init', name));
  }

  /**
   * Removes the pending creates of a killed engine from the state. The next create adopts local
   * resources; orphans in a cloud were deleted before (orphans.ts).
   */
  private async clearPending(name: string, options: RunOptions): Promise<void> {
    await this.run(name, options, ['refresh', ...UNATTENDED, '--clear-pending-creates']);
  }

  /**
   * Runs the engine; the user can interrupt the run. Throws a Failure with the messages of the
   * program and its resources, Interrupted if the user stopped the run.
   */
  private async run(name: string, options: RunOptions, args: string[]): Promise<void> {
    const errors: DiagnosticEvent[] = [];
    const onEvent = (event: EngineEvent): void => {
      if (event.diagnosticEvent?.severity === 'error') errors.push(event.diagnosticEvent);
      options.onEvent(event);
    };
    const endWatch = watchState(options.onFullDisk);
    await interruptible(
      async (interruption) => {
        try {
          const { signal } = interruption;
          await pulumiWithEvents(this.place, [...args, '--stack', name], { onEvent, signal });
        } catch (error) {
          if (interruption.happened)
            throw new Interrupted(`Interrupted: lab ${name} is incomplete.`, options.cure);
          if (isLocked(String(error))) throw lockedFailure(name, holders(String(error)));
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
