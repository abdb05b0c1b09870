import * as fs from 'node:fs';
import { attemptIn } from './command';
import { readDaemon, startDaemon, stopDaemon, until } from './daemon';
import { inRouterGroup } from './cgroups';
import type { Look } from '../router/router-snapshot';
import { routerOf } from './names';

/** A service of a lab, in its router as a rule: what runs it, where its id and its output go, and how to tell that it answers. */
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

/** Whether something in the lab's router listens there on TCP, now. */
export const answers = async (lab: string, address: string, port: number): Promise<boolean> =>
  (await attemptIn(routerOf(lab), 'ss', ['-Hltn', `src ${address}:${port}`])).stdout !== '';

/** What is wrong with a running service, in words; '' when nothing is. */
export function serviceTrouble(file: string, router: Look, address: string, port: number): string {
  if (!readDaemon(file)) return 'its process has ended';
  return router.listening.has(`${address}:${port}`)
    ? ''
    : `it does not listen at ${address}:${port}`;
}

/** Starts a service in place of an earlier one; returns when it answers, throws with its last words where it ends instead. */
export async function startService(service: Service): Promise<void> {
  await stopDaemon(service.file);
  const [program, args] = inRouterGroup(service.lab, service.program, service.args);
  startDaemon(service.lab, service.file, service.log, program, args, service.environment);
  let answers = false;
  await until(async () => (answers = await service.listens()) || !readDaemon(service.file), 15);
  if (answers) return;
  throw new Error(
    `${service.name} does not answer: ${fs.readFileSync(service.log, 'utf8').trim().slice(-500)}`,
  );
}
