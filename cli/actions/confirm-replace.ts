import type { Cloud, LabConfig } from '../../components/config';
import { usage } from '../errors';
import { labArgument, type Lab } from '../lab/name';

/** Tells what would be lost, and asks whether to go on; throws a Failure where the answer is no. */
export type Agree = (loss: string) => Promise<void>;

/** Keys that a cloud makes its network of. With another value it is another network, and other machines in it. */
const NETWORK: Record<Cloud, (keyof LabConfig)[]> = {
  local: ['nodeCidr', 'podCidr', 'publicPool', 'mtu'],
  aws: ['nodeCidr', 'region'],
  gcp: ['nodeCidr', 'mtu', 'region'],
};

/** Where nobody can be asked. */
export const refuseAnew =
  (lab: Lab): Agree =>
  (loss) =>
    Promise.reject(
      usage(
        `${loss} Nothing was done.`,
        `./lab up${labArgument(lab)} --yes, with the same config, if that is meant`,
      ),
    );

/** Asks before a lab that is up loses all that was done in it, as its config now asks for another network. */
export async function agreeToLoss(
  lab: Lab,
  wanted: LabConfig,
  made: LabConfig,
  agree: Agree,
): Promise<void> {
  const changed = NETWORK[made.cloud].filter((key) => String(wanted[key]) !== String(made[key]));
  if (changed.length === 0) return;
  const told = changed
    .map((key) => `${key} ${String(wanted[key])} instead of ${String(made[key])}`)
    .join(', ');
  await agree(
    `Lab ${lab.stack} is up, and ${told} takes another network and other machines: all that was done in it is lost.`,
  );
}
