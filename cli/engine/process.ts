import { execFile } from 'node:child_process';
import * as os from 'node:os';
import * as path from 'node:path';
import { closeState, dropOldLogs, type EnginePrograms, engineEnvironment } from './environment';
import { engineFailure } from './errors';
import { unable } from '../errors';
import { prepareProject } from './project';

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

/**
 * Runs a short command of the `pulumi` program; returns its output. Loading the Automation API
 * takes three times as long as such a command. Runs with progress output use that API. Throws a
 * Failure.
 */
export function pulumi({ workDir, envVars }: EnginePlace, ...args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { cwd: workDir, env: { ...process.env, ...envVars }, maxBuffer: 256 * 2 ** 20 };
    execFile('pulumi', [...args, '--non-interactive'], options, (error, stdout, stderr) => {
      if (!error) resolve(stdout);
      else if (typeof error.code === 'number')
        reject(engineFailure(new Error(`code: ${error.code}\n stdout: \n stderr: ${stderr}`)));
      else
        reject(
          unable(
            `The Pulumi engine does not start: ${error.signal ? `killed by ${error.signal}` : error.message}`,
          ),
        );
    });
  });
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
