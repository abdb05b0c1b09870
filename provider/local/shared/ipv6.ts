import * as fs from 'node:fs';

/** Whether the kernel has IPv6: a host that was booted with ipv6.disable=1 has no settings for it. */
export const hasIpv6 = (): boolean => fs.existsSync('/proc/sys/net/ipv6');
