import * as pulumi from '@pulumi/pulumi';
import { Reachable } from '../provider/resources';
import { textIf } from '../util/optional';
import type { LabConfig } from './config';
import type { Machine } from './machine';

/** Limit of each wait, in seconds. A load balancer of AWS takes 3 to 5 minutes to register its targets. */
const LIMIT = 360;

/** Describes the sources of a rule: `198.51.100.4/32 (adminCidrs; auto found 198.51.100.4)`. */
function admitted({ adminCidrs, ownAddress }: LabConfig): string {
  const found = textIf(ownAddress !== undefined, `; auto found ${ownAddress}`);
  return `${adminCidrs.join(', ')} (adminCidrs${found})`;
}

const OTHER_ADDRESS =
  'Your packets may leave by another address than the one admitted (VPN, proxy, several uplinks):\n' +
  'set adminCidrs to the CIDRs that you connect from, then run `up` again.';

/**
 * Waits for port 22 of each public node, before its first session. Returns the waits by node name.
 * Without this wait, a login that no rule admits would be retried until the session's timeout.
 */
export function waitForLogins(
  {
    machines,
    reachable,
    config,
  }: { machines: Machine[]; reachable: pulumi.Resource[]; config: LabConfig },
  parent: pulumi.Resource,
): Map<string, Reachable> {
  const waits = machines
    .filter((machine) => machine.isPublic)
    .map((machine): [string, Reachable] => [
      machine.name,
      new Reachable(
        `${machine.name}-login`,
        {
          protocol: 'ssh',
          host: machine.publicIp,
          port: 22,
          generation: machine.generation,
          seconds: LIMIT,
          failure: pulumi.interpolate`No SSH login at ${machine.publicIp} (${machine.name})`,
          advice: `The rule allow-ssh admits ${admitted(config)} to TCP port 22.\n${OTHER_ADDRESS}`,
        },
        {
          parent,
          dependsOn: [machine.resource, ...reachable],
          // A wait creates nothing outside the state.
          deletedWith: machine.resource,
          customTimeouts: TIMEOUTS,
        },
      ),
    ]);
  return new Map(waits);
}

/** Timeouts of the engine, longer than LIMIT, so that the message with the advice is shown. */
const TIMEOUTS = { create: '8m', update: '8m' };

interface ApiWait {
  config: LabConfig;
  address: pulumi.Input<string>;
  caCertificate: pulumi.Input<string>;
  /** Digest of all that bootstrap ran: the wait begins after it, and is repeated when it changes. */
  bootstrapped: pulumi.Input<string>;
  /** Load balancer's resources: the limit counts from when they exist. */
  balancer: pulumi.Resource[];
}

/** Waits until the Kubernetes API answers at its public address, from the host that runs Pulumi. */
export function waitForApi(
  { config, address, caCertificate, bootstrapped, balancer }: ApiWait,
  parent: pulumi.Resource,
): Reachable {
  return new Reachable(
    'api-answer',
    {
      protocol: 'https',
      host: address,
      port: config.apiPort,
      path: '/readyz',
      caCertificate,
      generation: bootstrapped,
      seconds: LIMIT,
      failure: pulumi.interpolate`The API does not answer at https://${address}:${config.apiPort}`,
      advice:
        `The rule allow-api admits ${admitted(config)} to TCP port ${config.apiPort}.\n${OTHER_ADDRESS}\n` +
        'If you are admitted, the load balancer may see no healthy controller: look at its targets in the console.',
    },
    { parent, dependsOn: balancer, customTimeouts: TIMEOUTS },
  );
}
