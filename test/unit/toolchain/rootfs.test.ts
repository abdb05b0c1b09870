import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { packageArrival } from '../../../toolchain/rootfs/rootfs';

describe('the part of a Debian tree that has arrived', () => {
  let tree: string;
  const put = (name: string, megabytes: number): void => {
    const file = path.join(tree, 'var/cache/apt/archives', name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, '');
    fs.truncateSync(file, megabytes * 1e6);
  };

  beforeEach(() => (tree = fs.mkdtempSync(path.join(os.tmpdir(), 'rootfs-test-'))));
  afterEach(() => fs.rmSync(tree, { recursive: true, force: true }));

  test('is 0 before apt has created its directory', () => {
    expect(packageArrival(tree)()).toBe(0);
  });

  test('counts finished and partial packages, and no other file', () => {
    const arrival = packageArrival(tree);
    put('bash.deb', 10);
    put('partial/dpkg.deb', 5);
    put('lock', 60);
    expect(arrival()).toBeCloseTo(0.2);
  });

  test('does not fall when the packages of the base system are deleted', () => {
    const arrival = packageArrival(tree);
    put('base.deb', 30);
    expect(arrival()).toBeCloseTo(0.4);
    fs.rmSync(path.join(tree, 'var/cache/apt/archives/base.deb'));
    put('other.deb', 15);
    expect(arrival()).toBeCloseTo(0.4);
    put('other.deb', 30);
    expect(arrival()).toBeCloseTo(0.6);
  });

  test('stays 1 if Debian has larger packages', () => {
    const arrival = packageArrival(tree);
    put('base.deb', 200);
    expect(arrival()).toBe(1);
  });
});
