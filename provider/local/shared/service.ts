import * as fs from 'node:fs';
import { attemptIn } from './command';
import { poll } from '../../../util/poll';
import { readDaemon, startDaemon, stopDaemon } from './daemon';
import { inRouterGroup } from './cgroups';
import type { RouterSnapshot } from '../router/router-snapshot';
import { routerOf } from './names';

/**
 * A service of a lab, usually in its router: its command, the files of its process id and its
 * output, and a test that it listens.
 */
export interface Service {
  lab: string;
  name: string;
  file: string;
  log: string;
  program: string;
  args: string[];
  environment?: Record<string, string>;
  listens(): Promise<boolean>;
}

/** Returns true if a process in the lab's router listens there on TCP. */
export const answers = async (lab: string, address: string, port: number): Promise<boolean> =>
  (await attemptIn(routerOf(lab), 'ss', ['-Hltn', `src ${address}:${port}`])).stdout !== '';

/** Describes the drift of a service; '' if there is none. */
export function serviceDrift(
  file: string,
  router: RouterSnapshot,
  address: string,
  port: number,
): string {
  if (!readDaemon(file)) return 'its process has ended';
  if (router.listening.has(`${address}:${port}`)) return '';
  return `it does not listen at ${address}:${port}`;
}

/**
 * Starts a service in place of a running one. Returns as soon as it listens; throws an Error with
 * its last output if it ends or takes too long.
 */
export async function startService(service: Service): Promise<void> {
  await stopDaemon(service.file);
  const [program, args] = inRouterGroup(service.lab, service.program, service.args);
  startDaemon(service.lab, service.file, service.log, program, args, service.environment);
  await poll(async () => (await service.listens()) || !readDaemon(service.file), { limit: 20_000 });
  if (await service.listens()) return;
  const output = fs.readFileSync(service.log, 'utf8').trim().slice(-500);
  throw new Error(`${service.name} does not answer; its log ${service.log} ends with: ${output}`);
}
