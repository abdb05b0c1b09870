import type * as pulumi from '@pulumi/pulumi';
import { resource } from './resource';

export interface ReachableArgs {
  /** `ssh` waits for an SSH banner, `https` for status 200 from a server of `caCertificate`. */
  protocol: pulumi.Input<'ssh' | 'https'>;
  /** Address, as the host that runs Pulumi reaches it. */
  host: pulumi.Input<string>;
  port: pulumi.Input<number>;
  /** Path to ask for, such as `/readyz`; https only. */
  path?: pulumi.Input<string>;
  /** CA that signed the server's certificate, PEM; https only. */
  caCertificate?: pulumi.Input<string>;
  /** Changes with what is behind the address: then it is asked again. */
  generation: pulumi.Input<string>;
  /** Limit of the wait. */
  seconds: pulumi.Input<number>;
  /**
   * First line of the failure, such as `No SSH login at 203.0.113.7 (worker-0)`; the limit is
   * appended.
   */
  failure: pulumi.Input<string>;
  /** Lines that follow: what may be in the way, and what to do. */
  advice: pulumi.Input<string>;
}

/**
 * Waits until an address answers from the host that runs Pulumi. Fails after a limit, with advice.
 */
export class Reachable extends resource<ReachableArgs>('hardway:wait:Reachable') {}
