import * as fs from 'node:fs';
import { Engine, stacksDirectory } from '../engine';
import { foundTools, installed } from './ensure-toolchain';

/** Reports whether the user has states: stacks in the state directory, or a chosen backend. */
const hasStates = (): boolean =>
  Boolean(process.env.PULUMI_BACKEND_URL) ||
  (fs.existsSync(stacksDirectory()) && fs.readdirSync(stacksDirectory()).length > 0);

/**
 * Opens the engine on the user's states. Returns `undefined` if there are no states and no
 * toolchain: local labs are found without both.
 */
export async function engineOfStates(): Promise<Engine | undefined> {
  const tools = await foundTools().catch(() => undefined);
  if (!tools && !hasStates()) return undefined;
  return Engine.open(tools ?? (await installed()));
}
