import * as pulumi from '@pulumi/pulumi';
import { stringify } from 'yaml';
import type { SshKey } from '../provider/resources';

/**
 * Secret: what cloud-init does when a cloud's machine boots for the first time, as little as possible. It gives the machine
 * its host key, so that its first login is to a key that is known already, and its name. All else is bootstrap's, over SSH.
 *
 * Whoever can read a machine's user data can pretend to be this machine, to those who log in to it; nothing else.
 *
 * `more` is what one cloud alone needs, as cloud-config.
 */
export function firstBoot(name: string, hostKey: SshKey, more: object = {}): pulumi.Output<string> {
  const config = pulumi
    .all([hostKey.privateKey, hostKey.publicKey])
    .apply(([ed25519_private, ed25519_public]) => {
      const text = stringify(
        {
          hostname: name,
          ssh_deletekeys: true,
          ssh_keys: { ed25519_private, ed25519_public },
          ...more,
        },
        { lineWidth: 0 },
      );
      return `#cloud-config\n${text}`;
    });
  return pulumi.secret(config);
}
