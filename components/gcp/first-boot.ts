import { itemsIf } from '../../util/optional';

/** Address of Google's metadata server, which also resolves names. */
export const METADATA_SERVER = '169.254.169.254';

/**
 * Rule of iptables' chain FORWARD that keeps pods from the metadata server, except for names: user data holds the
 * node's host key. Step `ready` checks that the rule exists, because cloud-init only warns if a command fails.
 */
export const METADATA_WALL = [
  '-d',
  METADATA_SERVER,
  '-p',
  'tcp',
  '!',
  '--dport',
  '53',
  '-j',
  'REJECT',
];

/**
 * Like METADATA_WALL, for ip6tables. Nodes with an IPv6 address reach the server at this one, too
 * (https://docs.cloud.google.com/compute/docs/metadata/querying-metadata). Pods resolve no names there.
 */
export const METADATA_WALL6 = ['-d', 'fd20:ce::254', '-j', 'REJECT'];

/**
 * Returns the cloud-config of an instance on Google Cloud, beside the part that every cloud shares.
 */
export const googleFirstBoot = (isDualStack: boolean) => ({
  // Google's guest agent would put its own host keys in their place.
  write_files: [
    {
      path: '/etc/default/instance_configs.cfg',
      content: '[InstanceSetup]\nset_host_keys = false\n',
      append: true,
    },
  ],
  // At every boot, before the network is up.
  bootcmd: [
    ['iptables', '-w', '-A', 'FORWARD', ...METADATA_WALL],
    ...itemsIf(isDualStack, ['ip6tables', '-w', '-A', 'FORWARD', ...METADATA_WALL6]),
  ],
});
