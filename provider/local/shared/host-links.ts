import * as fs from 'node:fs';

/** Whether the host has a network interface of this name, in any directory's records or in none. */
export const linkExists = (name: string): boolean => fs.existsSync(`/sys/class/net/${name}`);
