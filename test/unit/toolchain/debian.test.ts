import * as fs from 'node:fs';
import * as path from 'node:path';
import { sourcesFrom } from '../../../toolchain/debian';
import { missingPackages, neededPackages } from '../../../toolchain/host/packages';
import { upstreamProject } from '../../../toolchain/manifest';

const treeDirectory = path.join(__dirname, '..', '..', '..', 'toolchain', 'rootfs');
const listed = (file: string): string[] =>
  fs
    .readFileSync(path.join(treeDirectory, file), 'utf8')
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter(Boolean);

test('sourcesFrom reads both formats and skips other archives', () => {
  const list =
    'deb [arch=amd64 signed-by=/k.gpg] http://one/debian bookworm main contrib # comment\n#deb http://off bookworm main\ndeb-src http://one/debian bookworm main\ndeb http://docker bookworm stable\n';
  const paragraphs =
    '# made by hand\nTypes: deb deb-src\nURIs: http://two/debian\n  http://three/debian\nSuites: bookworm bookworm-updates\nComponents: main\nSigned-By: /k2.gpg\n\n' +
    'Types: deb\nURIs: http://off\nSuites: bookworm\nComponents: main\nEnabled: no\n\nTypes: deb\nURIs: http://node\nSuites: nodistro\nComponents: main\n';
  expect(
    sourcesFrom(
      [
        { name: 'sources.list', text: list },
        { name: 'debian.sources', text: paragraphs },
      ],
      'bookworm',
    ),
  ).toEqual([
    'deb [arch=amd64 signed-by=/k.gpg] http://one/debian bookworm main',
    'deb [signed-by=/k2.gpg] http://two/debian bookworm main',
    'deb [signed-by=/k2.gpg] http://two/debian bookworm-updates main',
    'deb [signed-by=/k2.gpg] http://three/debian bookworm main',
    'deb [signed-by=/k2.gpg] http://three/debian bookworm-updates main',
  ]);
});

test("sourcesFrom replaces a newer release by the nodes' release", () => {
  const [source] = sourcesFrom(
    [{ name: 'sources.list', text: 'deb http://one/debian-security trixie-security main\n' }],
    'trixie',
  );
  expect(source).toMatch(
    /^deb \[signed-by=\S+\] http:\/\/one\/debian-security bookworm-security main$/,
  );
});

test('sourcesFrom uses the keyring in place of an inline key', () => {
  const text =
    'Types: deb\nURIs: http://one/debian\nSuites: bookworm\nComponents: main\nSigned-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n abc\n -----END PGP PUBLIC KEY BLOCK-----\n';
  expect(sourcesFrom([{ name: 'a.sources', text }], 'bookworm')).toEqual([
    'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://one/debian bookworm main',
  ]);
});

test('neededPackages adds the packages of a C build only if the project is built', () => {
  expect(neededPackages([])).not.toContain('libseccomp-dev');
  expect(neededPackages([upstreamProject('runc')])).toEqual(
    expect.arrayContaining(['libseccomp-dev', 'pkg-config', 'gcc']),
  );
});

test('missingPackages returns a package that does not exist', async () => {
  const expected = fs.existsSync('/usr/bin/dpkg-query') ? ['no-such-package-as-this'] : [];
  expect(await missingPackages(['no-such-package-as-this'])).toEqual(expected);
});

test("packages.txt lists each package of the article's commands once", () => {
  const packages = listed('packages.txt');
  expect(packages).toEqual(
    expect.arrayContaining([
      'iproute2',
      'iptables',
      'conntrack',
      'ethtool',
      'bridge-utils',
      'tcpdump',
      'net-tools',
      'iputils-ping',
      'util-linux',
      'sudo',
    ]),
  );
  expect(new Set(packages).size).toBe(packages.length);
});

test('masked-units.txt masks neither ssh nor the journal', () => {
  const masked = listed('masked-units.txt');
  for (const unit of [
    'ssh.service',
    'systemd-journald.service',
    'systemd-sysctl.service',
    'dbus.service',
    'systemd-user-sessions.service',
  ])
    expect(masked).not.toContain(unit);
});
