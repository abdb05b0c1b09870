import * as fs from 'node:fs';
import * as path from 'node:path';
import { isUnchanged, saveFingerprint } from '../../../../cli/engine/fingerprint';
import { driftOf } from '../../../../cli/actions/drift';
import { labFiles } from '../../../../cli/lab/files';
import { root } from '../../../../util/repo-root';
import { stackFile, stacksDirectory } from '../../../../cli/engine/project';
import { readSnapshot } from '../../../../cli/engine/snapshot';
import { localKinds } from '../../../../provider/local';

// A repository of a few files, to be changed.
jest.mock('../../../../util/repo-root', () => {
  const [{ mkdtempSync }, { tmpdir }] = [
    jest.requireActual<typeof fs>('node:fs'),
    jest.requireActual<{ tmpdir(): string }>('node:os'),
  ];
  return { root: mkdtempSync(`${tmpdir()}/hardway-applied-`) };
});

const LAB = { stack: 'local-applied', cloud: 'local' } as const;
const before = { ...process.env };
const state = readSnapshot({ manifest: { time: 'noon' }, resources: [] });

beforeEach(() => {
  process.env = {
    ...before,
    HARDWAY_STATE: path.join(root, 'state'),
    HARDWAY_TREE: '/tree',
    HARDWAY_STORE: '/store',
    HARDWAY_IMAGES: '/images',
  };
  fs.mkdirSync(path.join(root, 'components/local'), { recursive: true });
  for (const directory of ['bin', 'util', 'provider', 'command-plugin', 'toolchain', 'state'])
    fs.mkdirSync(path.join(root, directory), { recursive: true });
  for (const file of ['index.ts', 'Pulumi.yaml', 'package-lock.json', 'components/local/routes.ts'])
    fs.writeFileSync(path.join(root, file), 'as it was');
  fs.mkdirSync(stacksDirectory(), { recursive: true });
  fs.mkdirSync(labFiles(LAB.stack).directory, { recursive: true });
  fs.writeFileSync(stackFile(LAB.stack), 'config: {}\n');
  saveFingerprint(LAB.stack, state);
});

afterAll(() => {
  process.env = before;
  fs.rmSync(root, { recursive: true });
});

describe('a completed up', () => {
  test('is remembered while program, config and state are unchanged', () => {
    expect(isUnchanged(LAB.stack, state)).toBe(true);
  });

  test('is remembered for its own lab only', () => {
    expect(isUnchanged('local-other', state)).toBe(false);
  });

  test.each<[string, () => void]>([
    [
      'a source was edited',
      () => fs.writeFileSync(path.join(root, 'components/local/routes.ts'), 'edited'),
    ],
    ['a source was added', () => fs.writeFileSync(path.join(root, 'provider/new.ts'), '')],
    [
      'the config changed',
      () => fs.writeFileSync(stackFile(LAB.stack), 'config: { "hardway-lab:ipMasq": false }\n'),
    ],
    ['HARDWAY_TREE changed', () => void (process.env.HARDWAY_TREE = '/other')],
    ['HARDWAY_CLOUD changed', () => void (process.env.HARDWAY_CLOUD = '/elsewhere')],
  ])('is forgotten after %s', (_what, change) => {
    change();
    expect(isUnchanged(LAB.stack, state)).toBe(false);
  });

  test('is forgotten after another run of the engine wrote the state', () => {
    expect(
      isUnchanged(LAB.stack, readSnapshot({ manifest: { time: "one o'clock" }, resources: [] })),
    ).toBe(false);
  });
});

describe('drift of the local cloud', () => {
  const resource = (type: string, outputs: object): object => ({
    urn: `urn:pulumi:s::p::${type}::${type}`,
    type,
    id: 'id',
    outputs,
  });
  const engine = { drift: () => Promise.reject(new Error('the engine was asked')) } as never;

  test('lists missing, changed and failed resources, as read by the provider itself', async () => {
    const snapshot = readSnapshot({
      resources: [
        resource('hardway:local:Route', {
          lab: 'local-applied',
          destination: '10.200.0.0/24',
          nextHopIp: '10.240.0.20',
        }),
        resource('hardway:local:Network', {
          lab: 'local-applied',
          router: 'hardway.local-applied.router',
        }),
        resource('hardway:local:Instance', { lab: 'local-applied', name: 'worker-0' }),
        resource('hardway:local:ImageMirror', {
          lab: 'local-applied',
          trouble: 'its process has ended',
        }),
        resource('hardway:tls:SshKey', {}),
        resource('command:remote:Command', {}),
      ],
    });
    jest.spyOn(localKinds['hardway:local:Route'], 'read' as never).mockResolvedValue({
      lab: 'local-applied',
      destination: '10.200.0.0/24',
      nextHopIp: '10.240.0.21',
    } as never);
    jest
      .spyOn(localKinds['hardway:local:Instance'], 'read' as never)
      .mockResolvedValue({ name: 'worker-0', lab: 'local-applied' } as never);
    // An up that failed wrote the trouble to the state: that it is known does not make it declared.
    jest
      .spyOn(localKinds['hardway:local:ImageMirror'], 'read' as never)
      .mockResolvedValue({ lab: 'local-applied', trouble: 'its process has ended' } as never);
    expect([...(await driftOf(engine, LAB, snapshot)).values()]).toEqual([
      'is not as declared',
      'does not exist',
      'its process has ended',
    ]);
  });

  test('comes from the engine for another cloud', async () => {
    await expect(driftOf(engine, { stack: 'aws', cloud: 'aws' }, state)).rejects.toThrow(
      'the engine was asked',
    );
  });
});
