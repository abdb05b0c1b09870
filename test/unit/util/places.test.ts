import * as os from 'node:os';
import { execFinding, execProbe, pathFinding } from '../../../cli/doctor/places';
import { mountOf } from '../../../util/mounts';
import { socketParent } from '../../../util/socket-directory';

describe('the parent of control sockets', () => {
  test('is TMPDIR if that is short', () => expect(socketParent('/var/tmp')).toBe('/var/tmp'));
  test('is /tmp if TMPDIR has 75 characters', () =>
    expect(socketParent(`/tmp/${'t'.repeat(70)}`)).toBe('/tmp'));
  test('is short enough for the longest socket of the command plugin, with the largest pid', () => {
    const parents = Array.from({ length: 60 }, (_, index) =>
      socketParent(`/${'t'.repeat(index + 1)}`),
    );
    const longest = Math.max(...parents.map(({ length }) => length));
    const workspace = '/hardway-command-4194304-1ulakmk-XXXXXX';
    const socket = `${workspace}/0123456789ab/s9999.0123456789abcdef`;
    expect(longest).toBeGreaterThan('/tmp/user/1000'.length);
    expect(longest + socket.length).toBeLessThan(108);
  });
  test('is /tmp if TMPDIR would need quoting', () =>
    expect(socketParent('/tmp/my tmp')).toBe('/tmp'));
});

describe('the paths of a lab', () => {
  const cloud = (directory: string): ReturnType<typeof pathFinding> =>
    pathFinding([{ variable: 'HARDWAY_CLOUD', directory }]);

  test.each([':', ',', '\\', '"', '%', '?', '#', '$'])('can not have %s', (character) => {
    const finding = cloud(`/tmp/week 3${character}lab`);
    expect(finding.status).toBe('fail');
    expect(finding.found).toContain(`HARDWAY_CLOUD has "${character}" in its path`);
    expect(finding.cure).toContain('set HARDWAY_CLOUD');
  });

  test('can have blanks', () => expect(cloud('/tmp/week 3 (lab) part_1').status).toBe('ok'));
});

describe('a cache on a file system', () => {
  const listing = [
    'tmpfs / tmpfs rw 0 0',
    'dev /tmp ext4 rw,nosuid,nodev,noexec,relatime 0 0',
    'dev /tmp/a\\040b ext4 rw,nosuid 0 0',
  ].join('\n');
  const cache = (directory: string): ReturnType<typeof execFinding> =>
    execFinding([{ variable: 'HARDWAY_CACHE', directory }], (one) => mountOf(one, listing));

  test('mounted noexec is a failure that names HARDWAY_CACHE', () => {
    expect(cache('/tmp/not/there')).toMatchObject({
      status: 'fail',
      found: expect.stringMatching(/HARDWAY_CACHE .* noexec/),
      cure: expect.stringContaining('set HARDWAY_CACHE'),
    });
  });

  test('TMPDIR mounted noexec is a failure only if images have to be made', async () => {
    const tmpdir = (directory: string): ReturnType<typeof mountOf> => ({
      place: '/',
      options: directory === os.tmpdir() ? ['rw', 'noexec'] : ['rw'],
    });
    expect(await execProbe(true, tmpdir).look()).toMatchObject({
      status: 'fail',
      found: `TMPDIR (${os.tmpdir()}) is on a file system mounted noexec`,
      cure: expect.stringContaining('set TMPDIR'),
    });
    expect(await execProbe(false, tmpdir).look()).toMatchObject({ status: 'ok' });
  });

  test('mounted nosuid alone is fine', () => {
    const nosuid = listing.replace('nosuid,nodev,noexec', 'nosuid');
    const finding = execFinding([{ variable: 'HARDWAY_CACHE', directory: '/tmp' }], (one) =>
      mountOf(one, nosuid),
    );
    expect(finding.status).toBe('ok');
  });
});
