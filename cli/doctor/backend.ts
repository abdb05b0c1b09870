import { foundTools } from '../actions/ensure-toolchain';
import { checkBackend } from '../engine';
import { Failure } from '../errors';
import { fail, type Finding, ok, type Probe, warn } from './finding';

const CURE =
  'log in to the backend (pulumi login), or unset PULUMI_BACKEND_URL for states in files of this host';

/** Judges the backend that the user chose for the states of labs. */
export async function backendFinding(
  chosen = process.env.PULUMI_BACKEND_URL,
  tools = foundTools,
): Promise<Omit<Finding, 'id' | 'title'>> {
  if (!chosen) return ok("this host's files");
  const programs = await tools();
  if (!programs) return warn(`${chosen} could not be asked`, 'comes with ./lab start');
  try {
    await checkBackend(programs);
    return ok(chosen);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return fail(`${chosen} does not accept this user: ${error.message}`, CURE);
  }
}

export const backendProbe: Probe = {
  id: 'backend',
  title: 'Backend of states',
  look: () => backendFinding(),
};
