import * as fs from 'node:fs';

/** Returns whether the kernel has IPv6. A boot with ipv6.disable=1 leaves no settings for IPv6. */
export const hasIpv6 = (): boolean => fs.existsSync('/proc/sys/net/ipv6');
