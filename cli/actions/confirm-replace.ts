import type { CloudName, LabConfig } from '../../components/config';
import { usage } from '../errors';
import { labArgument, type LabRef } from '../lab/name';

/** Reports what would be lost and asks whether to go on. Throws a Failure if the answer is no. */
export type Agree = (loss: string) => Promise<void>;

/** Keys that decide a lab's network: another value needs another network, with other nodes in it. */
const NETWORK: Record<CloudName, (keyof LabConfig)[]> = {
  local: ['nodeCidr', 'podCidr', 'ipFamily', 'publicPool', 'mtu'],
  aws: ['nodeCidr', 'ipFamily', 'zone', 'profile'],
  gcp: ['nodeCidr', 'ipFamily', 'zone', 'profile'],
};

/**
 * Keys that decide the nodes alone. The clouds stop an instance to change its type. Google Cloud's
 * provider replaces the instance if the new type needs a boot disk of another type.
 */
const INSTANCES: (keyof LabConfig)[] = ['controllerType', 'workerType'];

/**
 * Keys that change Google Cloud's network in place: the provider's `mtu` does not force a
 * replacement (resource_compute_network.go in hashicorp/terraform-provider-google). Running
 * instances keep the old MTU until a stop and start: https://docs.cloud.google.com/vpc/docs/mtu
 */
const IN_PLACE: Record<CloudName, (keyof LabConfig)[]> = { local: [], aws: [], gcp: ['mtu'] };

/** Returns an Agree that always refuses, for calls that can't ask. */
export const refuseReplace =
  (lab: LabRef): Agree =>
  (loss) =>
    Promise.reject(
      usage(
        `${loss} Nothing was done.`,
        `./lab up${labArgument(lab)} --yes, with the same config, accepts the loss`,
      ),
    );

/** Lists the keys with different values, such as `zone us-west1-b instead of us-west1-c`. */
function changesOf(keys: (keyof LabConfig)[], wanted: LabConfig, made: LabConfig): string {
  return keys
    .filter((key) => String(wanted[key] ?? '') !== String(made[key] ?? ''))
    .map((key) => `${key} ${String(wanted[key]) || 'any'} instead of ${String(made[key]) || 'any'}`)
    .join(', ');
}

/** Asks before a lab that is up loses what was done in it, because its config now needs other resources. */
export async function confirmReplace(
  lab: LabRef,
  wanted: LabConfig,
  made: LabConfig,
  agree: Agree,
): Promise<void> {
  const network = changesOf(NETWORK[made.cloud], wanted, made);
  if (network)
    return agree(
      `Lab ${lab.stack} is up, and ${network} needs a new network and new nodes: everything in the lab is lost.`,
    );
  const instances = changesOf(INSTANCES, wanted, made);
  if (instances)
    await agree(
      `Lab ${lab.stack} is up, and ${instances} stops its nodes, or replaces them if the boot disk is of another type: then everything on them is lost.`,
    );
  const inPlace = changesOf(IN_PLACE[made.cloud], wanted, made);
  if (inPlace)
    await agree(
      `Lab ${lab.stack} is up, and ${inPlace} changes its network in place. Nodes keep their MTU until you stop and start them in the cloud; until then large packets can be lost.`,
    );
}
