import {
  installCommand,
  isDebianLike,
  missingPackages,
  neededPackages,
} from '../../toolchain/host/packages';
import { plan, present } from '../../toolchain';
import { findGo } from '../../toolchain/go';
import { inWords } from '../ui/duration';
import { fail, ok, type Probe, warn } from './finding';

const packages: Probe = {
  id: 'packages',
  title: 'Packages of this machine',
  async look() {
    if (!isDebianLike())
      return warn(
        'not Debian or Ubuntu: they can not be looked up',
        `see that it has what these hold: ${neededPackages([]).join(' ')}`,
      );
    const missing = await missingPackages(neededPackages([]));
    return missing.length === 0
      ? ok('all there')
      : warn(
          `missing: ${missing.join(', ')}`,
          `./lab start installs them, or ${installCommand(missing)}`,
        );
  },
};

/**
 * Groups programs by origin: `built here: etcd 3.6.8, runc 1.4.3; installed on this host: kubectl
 * 1.36.2`. The values of `origins` are `VERSION, ORIGIN`.
 */
export function byOrigin(origins: Record<string, string>): string {
  const groups = new Map<string, string[]>();
  for (const [name, text] of Object.entries(origins)) {
    const [version, origin = ''] = text.split(/, (.*)/);
    groups.set(origin, [...(groups.get(origin) ?? []), `${name} ${version}`]);
  }
  return [...groups].map(([origin, names]) => `${origin}: ${names.join(', ')}`).join('; ');
}

const programs: Probe = {
  id: 'toolchain',
  title: 'Programs of the lab',
  async look() {
    const found = await present();
    if (found) return ok(byOrigin(found.origins));
    const items = await plan();
    const seconds = items.reduce((sum, item) => sum + item.seconds, 0);
    return warn(
      `missing: ${items.map((item) => `${item.name} (${item.from})`).join('; ')}`,
      `./lab start obtains them, in about ${inWords(Math.max(60, seconds))}`,
    );
  },
};

const go: Probe = {
  id: 'go',
  title: 'Go',
  async look() {
    const found = await findGo().catch(() => undefined);
    if (found) return ok('there');
    const building = (await plan()).filter((item) => item.from.startsWith('built'));
    if (building.length === 0) return ok('not there, and not needed: nothing has to be built');
    return fail(
      `not there, and needed to build ${building.map((item) => item.name).join(', ')}`,
      'install Go from https://go.dev/dl, or let this machine reach the sites of the official releases',
    );
  },
};

const plugin: Probe = {
  id: 'command-plugin',
  title: 'Pulumi plugin "command"',
  async look() {
    const found = await present();
    if (!found) return ok('comes with ./lab start');
    if (found.commandPlugin === 'official') return ok('the official one');
    return warn(
      "this project's stand-in, as the official one could not be downloaded",
      'none is needed; ./lab clean --cache and ./lab start where github.com can be reached bring the official one',
    );
  },
};

export const programProbes: Probe[] = [packages, programs, go, plugin];
