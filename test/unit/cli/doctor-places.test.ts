import * as fs from 'node:fs';
import * as path from 'node:path';
import { findingOf } from '../../../cli/doctor/finding';
import { delegationFinding } from '../../../cli/doctor/host';
import { labsProbe } from '../../../cli/doctor/labs';
import { writableFinding } from '../../../cli/doctor/places';
import { claimLab } from '../../../provider/local/shared/lab-register';
import { ToolchainError } from '../../../toolchain/errors';
import { inPlaces, ownPlaces, typed } from '../../support/typed';

ownPlaces();
// Doctor tries each feature of the kernel, which takes seconds on a busy host.
jest.setTimeout(120_000);

describe('a directory of labs', () => {
  const state = (directory: string, access?: (file: string) => void) =>
    writableFinding([{ variable: 'HARDWAY_STATE', directory }], access);
  const refusing =
    (code: string) =>
    (file: string): void => {
      throw Object.assign(new Error(`${code}: ${file}`), { code });
    };

  test('can be created in a directory that is writable', () => {
    expect(state(inPlaces('not', 'there'))).toMatchObject({ status: 'ok' });
  });

  test('is a failure below a file', () => {
    fs.writeFileSync(inPlaces('file'), '');
    expect(state(inPlaces('file', 'state'))).toMatchObject({
      status: 'fail',
      found: `HARDWAY_STATE (${inPlaces('file', 'state')}): ${inPlaces('file')} is a file`,
      cure: 'make it writable, or set HARDWAY_STATE to a directory that is',
    });
  });

  test('is a failure on a read-only file system', () => {
    expect(state(inPlaces(), refusing('EROFS'))).toMatchObject({
      status: 'fail',
      found: expect.stringMatching(/^HARDWAY_STATE .* is on a read-only file system$/),
    });
  });

  test('is a failure that other users own', () => {
    expect(state(inPlaces(), refusing('EACCES')).found).toMatch(/ is not writable$/);
  });

  test('is refused by ./lab up before anything is created', async () => {
    fs.writeFileSync(inPlaces('file'), '');
    process.env.HARDWAY_CLOUD = inPlaces('file', 'cloud');
    const { code, printed } = await typed('up --yes');
    expect(code).toBe(3);
    expect(printed).toContain(`${inPlaces('file')} is a file`);
    expect(fs.existsSync(inPlaces('state'))).toBe(false);
  });
});

describe('limits below the root of cgroup v2', () => {
  const group = (files: Record<string, string>): string => {
    for (const [name, text] of Object.entries({
      'cgroup.controllers': 'cpuset cpu memory pids\n',
      'cgroup.subtree_control': '\n',
      'cgroup.procs': '1\n12\n',
      ...files,
    }))
      fs.writeFileSync(inPlaces(name), text);
    return inPlaces();
  };

  test('are a failure in a container with processes in that group', () => {
    const finding = delegationFinding(false, group({ 'cgroup.type': 'domain\n' }));
    expect(finding).toMatchObject({
      status: 'fail',
      found: expect.stringContaining('has its own processes'),
      cure: expect.stringContaining('--cgroupns=host'),
    });
  });

  test.each<[string, boolean, Record<string, string>]>([
    ['on a host: its root group has no constraint', false, {}],
    ['if systemd sets them', true, { 'cgroup.type': 'domain\n' }],
    ['in a container without processes there', false, { 'cgroup.type': 'd\n', 'cgroup.procs': '' }],
    [
      'if the controllers are enabled',
      false,
      { 'cgroup.type': 'd\n', 'cgroup.subtree_control': 'cpuset cpu memory pids\n' },
    ],
    ['with version 1', false, { 'cgroup.type': 'd\n', 'cgroup.controllers': '' }],
  ])('are possible %s', (_where, systemd, files) => {
    expect(delegationFinding(systemd, group(files))).toMatchObject({ status: 'ok' });
  });
});

describe('labs that make up refuse', () => {
  const backend = (): string => inPlaces('state', 'backend/.pulumi/stacks/hardway-lab');

  test('are none on a fresh host, and asking creates no directory', async () => {
    expect(await findingOf(labsProbe())).toMatchObject({ status: 'ok' });
    expect(fs.existsSync(inPlaces('state'))).toBe(false);
  });

  test('include a lab of the default name that belongs to another state', async () => {
    process.env.HARDWAY_STATE = inPlaces('first');
    claimLab('local');
    process.env.HARDWAY_STATE = inPlaces('second');
    expect(await findingOf(labsProbe())).toMatchObject({
      status: 'warn',
      found: expect.stringContaining(`belongs to the state directory ${inPlaces('first')}`),
      cure: expect.stringContaining(`HARDWAY_STATE='${inPlaces('first')}'`),
    });
  });

  test('include a lab with a damaged state', async () => {
    fs.mkdirSync(backend(), { recursive: true });
    fs.writeFileSync(path.join(backend(), 'local-s01.json'), '{"vers');
    expect(await findingOf(labsProbe())).toMatchObject({
      status: 'warn',
      found: expect.stringContaining('The state of lab local-s01 is damaged'),
      cure: './lab down local-s01 removes the lab without its state',
    });
  });
});

test('a probe that meets a mistake of the user reports no bug', async () => {
  const look = (): never => {
    throw new ToolchainError('HARDWAY_TOOLCHAIN is "fast"; set it to one of auto, download, build');
  };
  expect(await findingOf({ id: 'toolchain', title: 'Programs of the lab', look })).toMatchObject({
    status: 'fail',
    found: 'HARDWAY_TOOLCHAIN is "fast"; set it to one of auto, download, build',
    cure: '',
  });
});

describe('./lab doctor', () => {
  afterEach(() => void delete process.env.HARDWAY_TOOLCHAIN);

  test('reports a wrong HARDWAY_TOOLCHAIN, and looks at everything that up refuses', async () => {
    process.env.HARDWAY_TOOLCHAIN = 'fast';
    const { code, printed } = await typed('doctor --json');
    const findings = JSON.parse(printed) as { id: string; status: string; found: string }[];
    expect(code).toBe(3);
    expect(findings.map(({ id }) => id)).toEqual(
      expect.arrayContaining([
        'paths',
        'writable',
        'noexec',
        'disk',
        'pool',
        'slots',
        'labs',
        'backend',
        'sources',
        'delegation',
      ]),
    );
    expect(findings.find(({ id }) => id === 'sources')).toMatchObject({
      status: 'fail',
      found: 'HARDWAY_TOOLCHAIN is "fast"; set it to one of auto, download, build',
    });
  });
});
