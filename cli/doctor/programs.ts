import {
  Estimate,
  installCommand,
  isDebianLike,
  missingPackages,
  neededPackages,
  plan,
  present,
  findGo,
  unreachableNow,
} from '../../toolchain';
import { roughly } from '../ui/progress-line';
import { fail, ok, type Probe, warn } from './finding';

const packages: Probe = {
  id: 'packages',
  title: 'Packages of this host',
  async look() {
    if (!isDebianLike())
      return warn(
        'not Debian or Ubuntu, so packages were not checked',
        `install the equivalents of ${neededPackages([]).join(' ')}`,
      );
    const missing = await missingPackages(neededPackages([]));
    if (missing.length === 0) return ok('all installed');
    return warn(
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
    const { seconds } = new Estimate(items, 0).remaining(0);
    return warn(
      `missing: ${items.map((item) => `${item.name} (${item.from})`).join('; ')}`,
      `./lab start installs them, in ${roughly(seconds)}`,
    );
  },
};

const sources: Probe = {
  id: 'sources',
  title: 'Sources of programs',
  async look() {
    if (await present()) return ok('nothing has to be downloaded');
    const problems = await unreachableNow();
    if (problems.length === 0) return ok('the sources of the missing programs answer');
    return fail(
      problems.join('; '),
      'allow access to these sites, or set HARDWAY_MIRROR and GOPROXY to mirrors of them',
    );
  },
};

const go: Probe = {
  id: 'go',
  title: 'Go',
  async look() {
    const found = await findGo().catch(() => undefined);
    if (found) return ok('installed');
    const building = (await plan()).filter((item) => item.seconds.build);
    if (building.length === 0) return ok('not installed, and not needed: nothing has to be built');
    return fail(
      `not installed, and needed to build ${building.map((item) => item.name).join(', ')}`,
      'install Go from https://go.dev/dl, or allow access to the sites of the official releases',
    );
  },
};

const plugin: Probe = {
  id: 'command-plugin',
  title: 'Pulumi plugin "command"',
  async look() {
    const found = await present();
    if (!found) return ok('comes with ./lab start');
    if (found.commandPlugin === 'official') return ok('official');
    return warn(
      "this project's own, because the official one could not be downloaded",
      'optional: ./lab clean --cache, then ./lab start with access to github.com installs the official one',
    );
  },
};

export const programProbes: Probe[] = [packages, programs, sources, go, plugin];
