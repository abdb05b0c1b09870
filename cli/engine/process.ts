import { execFile } from 'node:child_process';
import { closeState, dropOldLogs, type EnginePrograms, engineEnvironment } from './environment';
import { engineFailure } from './errors';
import { unable } from '../errors';
import { prepareProject } from './project';

/** The engine's environment and the directory that it runs in. */
export interface EnginePlace {
  workDir: string;
  envVars: Record<string, string>;
}

/** Makes ready what every run of the engine needs. */
export function enginePlace(programs: EnginePrograms): EnginePlace {
  const workDir = prepareProject();
  // The file backend writes state as it is told to: for its owner alone.
  process.umask(0o077);
  dropOldLogs(programs.pulumiHome);
  closeState();
  return { workDir, envVars: engineEnvironment(programs) };
}

/**
 * Runs a short command of the `pulumi` program; returns what it printed. Loading the Automation API takes three times as
 * long as such a command itself, so that is left to the runs whose events somebody wants to see. Throws a Failure.
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
