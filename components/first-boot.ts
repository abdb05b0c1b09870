import * as pulumi from '@pulumi/pulumi';
import { stringify } from 'yaml';
import type { SshKey } from '../provider/resources';

/**
 * Secret: returns the user data of an instance, which cloud-init applies at the first boot. It sets
 * the host name and the host key, so that even the first login is to a known key. Bootstrap does
 * everything else, over SSH.
 *
 * A reader of the user data can impersonate the machine toward its users, and nothing else.
 * `more` is cloud-config that only one cloud needs.
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
