/** Where machines learn about themselves, and whom they ask for names. */
export const METADATA_SERVER = '169.254.169.254';

/**
 * What a machine of Google's needs at its first boot beside what every cloud's does. As its user data holds the host key,
 * pods must not read it: nothing that a node forwards gets to the metadata server, but questions for names.
 */
export const GOOGLE_FIRST_BOOT = {
  // Google's guest agent would put host keys of its own in their place.
  write_files: [
    {
      path: '/etc/default/instance_configs.cfg',
      content: '[InstanceSetup]\nset_host_keys = false\n',
      append: true,
    },
  ],
  // At every boot, before the network is up.
  bootcmd: [
    [
      'iptables',
      '-w',
      '-A',
      'FORWARD',
      '-d',
      METADATA_SERVER,
      '-p',
      'tcp',
      '!',
      '--dport',
      '53',
      '-j',
      'REJECT',
    ],
  ],
};
