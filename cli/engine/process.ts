import { type ChildProcess, spawn } from 'node:child_process';
import * as os from 'node:os';
import * as path from 'node:path';
import type { EngineEvent } from '@pulumi/pulumi/automation';
import { closeState, dropOldLogs, type EnginePrograms, engineEnvironment } from './environment';
import { engineFailure } from './errors';
import { EventLog } from './event-log';
import { unable } from '../errors';
import { prepareProject } from './project';
import { root } from '../../util/repo-root';

/** The engine's environment and the directory that it runs in. */
export interface EnginePlace {
  workDir: string;
  envVars: Record<string, string>;
}

/** Prepares a run of the engine: project, environment and permissions. */
export function enginePlace(programs: EnginePrograms): EnginePlace {
  const workDir = prepareProject();
  // The file backend uses the umask for state files: only their owner may read them.
  process.umask(0o077);
  dropOldLogs(programs.pulumiHome);
  closeState();
  return { workDir, envVars: engineEnvironment(programs) };
}

/** Starts a `pulumi` process. A run with events has no reader of standard output: see EventLog. */
function start(
  { workDir, envVars }: EnginePlace,
  args: string[],
  stdout: 'pipe' | 'ignore' = 'pipe',
): ChildProcess {
  return spawn('pulumi', [...args, '--non-interactive'], {
    cwd: workDir,
    env: { ...process.env, ...envVars },
    stdio: ['ignore', stdout, 'pipe'],
  });
}

/**
 * Waits for the end of a `pulumi` process; returns its output. Throws an Error that `engineFailure`
 * parses.
 */
function outputOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let stdout = '';
    let stderr = '';
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk));
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
    child.on('error', (error) =>
      reject(unable(`The Pulumi engine does not start: ${error.message}`)),
    );
    child.on('close', (code, signal) => {
      if (code === 0) resolve(stdout);
      else if (signal) reject(unable(`The Pulumi engine was killed (${signal}) before it ended.`));
      else reject(new Error(`code: ${code}\n stdout: \n stderr: ${stderr}`));
    });
  });
}

/** Runs a short command of the `pulumi` program; returns its output. Throws a Failure. */
export async function pulumi(place: EnginePlace, ...args: string[]): Promise<string> {
  try {
    return await outputOf(start(place, args));
  } catch (error) {
    throw engineFailure(error);
  }
}

/**
 * Asks the backend in PULUMI_BACKEND_URL for the user's name, without a project and a state
 * directory. Throws a Failure if the backend does not exist or accepts no login.
 */
export async function checkBackend({ pulumi: program, pulumiHome }: EnginePrograms): Promise<void> {
  const envVars = {
    PATH: `${path.dirname(program)}:${process.env.PATH ?? ''}`,
    PULUMI_HOME: process.env.PULUMI_HOME || pulumiHome,
    PULUMI_SKIP_UPDATE_CHECK: 'true',
  };
  await pulumi({ workDir: os.tmpdir(), envVars }, 'whoami');
}

/** Script that shortens the start of the program. */
const PRELOAD = path.join(root, 'bin/program-preload.cjs');

/** Callbacks of a run of the engine. */
export interface RunListener {
  onEvent(event: EngineEvent): void;
  /** Interrupts the engine as Ctrl-C does. */
  signal?: AbortSignal;
}

/**
 * Runs `pulumi` and reports its events. Throws an Error that `engineFailure` parses.
 *
 * Replaces `stack.up` of the Automation API, which starts five more `pulumi` processes, loads 770
 * modules and needs a gRPC server. The events are the same.
 */
export async function pulumiWithEvents(
  { workDir, envVars }: EnginePlace,
  args: string[],
  { onEvent, signal }: RunListener,
): Promise<void> {
  const log = new EventLog(onEvent);
  const withLog = {
    ...envVars,
    // The flag --event-log is one of the debug commands.
    PULUMI_DEBUG_COMMANDS: 'true',
    NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --require=${JSON.stringify(PRELOAD)}`,
  };
  try {
    const child = start(
      { workDir, envVars: withLog },
      [...args, '--color', 'never', '--event-log', log.file],
      'ignore',
    );
    const interrupt = (): boolean => child.kill('SIGINT');
    const terminate = (): boolean => child.kill('SIGTERM');
    signal?.addEventListener('abort', interrupt);
    process.once('exit', terminate);
    try {
      await outputOf(child);
    } finally {
      signal?.removeEventListener('abort', interrupt);
      process.off('exit', terminate);
    }
  } finally {
    log.close();
  }
}
