import * as fs from 'node:fs';
import * as path from 'node:path';
import { parseConfig } from '../../../../components/config';
import { topology } from '../../../../components/topology';
import { engineFailure } from '../../../../cli/engine/errors';
import { diskFull, watchState } from '../../../../cli/full-disk';
import { parseLab } from '../../../../cli/lab/name';
import { labConfig } from '../../../../cli/lab/settings';
import { inPlaces, ownPlaces, typed } from '../../../support/typed';

// A command line that is right, on a machine, or a lab, that can't do it. The engine and the toolchain are not the real ones.
const mockLab: { installed: boolean; snapshot?: object; broken?: Error } = { installed: true };
jest.mock('../../../../cli/actions/ensure-toolchain', () => {
  const { unable } =
    jest.requireActual<typeof import('../../../../cli/errors')>('../../../../cli/errors');
  const installed = (cure = './lab start'): object => {
    if (!mockLab.installed) throw unable('The programs of labs are not installed yet.', cure);
    return { kubectl: '/bin/false' };
  };
  return { installed, found: async () => (mockLab.installed ? installed() : undefined) };
});
jest.mock('../../../../cli/actions/prepare', () => ({
  prepare: async () => ({ kubectl: '/bin/false' }),
}));
jest.mock('../../../../cli/engine/engine', () => ({
  Engine: {
    open: async () => ({
      snapshot: async () => {
        if (mockLab.broken) throw mockLab.broken;
        return mockLab.snapshot;
      },
    }),
  },
}));

ownPlaces();
afterEach(() => {
  mockLab.installed = true;
  mockLab.snapshot = undefined;
  mockLab.broken = undefined;
});

/** The snapshot of a lab that is up with this config. */
function up(change: Record<string, string> = {}): object {
  const config = parseConfig(change);
  const plan = topology(config);
  const nodes = plan.nodes.map(({ name, privateIp }) => ({
    name,
    privateIp,
    publicIp: privateIp.replace(/^10\.240\.0/, '198.18.0'),
  }));
  return {
    resources: [{}, {}],
    urns: [],
    pending: false,
    outputs: {
      ...config,
      config,
      topology: plan,
      nodes,
      lab: 'local',
      sshPrivateKey: 'KEY',
      knownHosts: 'HOSTS',
      kubeconfig: config.stage === 'none' ? '' : 'CONFIG',
    },
  };
}

describe('without installed programs', () => {
  test.each([
    ['status', './lab start'],
    ['verify', './lab start'],
    ['env', './lab start'],
    ['ssh worker-0', './lab start'],
    ['kubectl get pods', './lab start'],
    ['status s01', './lab start local-s01'],
    ['verify s01', './lab start local-s01'],
    ['ssh s01 worker-0', './lab start local-s01'],
    ['kubectl s01 -- get pods', './lab start local-s01'],
    ['walk s01 worker-0 worker-1', './lab start local-s01'],
    ['drill hint s01', './lab start local-s01'],
    ['tour s01', './lab start local-s01'],
    ['extend s01 2h', './lab start local-s01'],
    ['save s01 before', './lab start local-s01'],
    ['status aws-s01', './lab setup --cloud aws, which needs no root'],
    ['down aws --yes', './lab setup --cloud aws, which needs no root'],
  ])('./lab %s names the command that installs them for its lab', async (line, cure) => {
    mockLab.installed = false;
    expect(await typed(line)).toEqual({
      code: 3,
      printed: `The programs of labs are not installed yet.\nTo do: ${cure}`,
    });
  });
});

test.each([
  ['ssh worker-0', 3, 'Lab local is not up.\nTo do: ./lab up'],
  ['ssh s01 worker-0', 3, 'Lab local-s01 is not up.\nTo do: ./lab up local-s01'],
  ['kubectl get pods', 3, 'Lab local is not up.\nTo do: ./lab up'],
  ['verify s01', 1, 'Lab local-s01 is not up, so every check fails.\nTo do: ./lab up local-s01'],
])('./lab %s names the missing lab', async (line, code, printed) => {
  expect(await typed(line)).toEqual({ code, printed });
});

test.each([
  [
    'ssh s1 worker-0',
    'Lab local-s1 is not up (did you mean "local-s01"?). These labs are up: aws-x, local-s01.\nTo do: use the name of a lab that is up, or create this lab: ./lab up local-s1',
  ],
  [
    'kubectl get pods',
    'Lab local is not up. These labs are up: aws-x, local-s01.\nTo do: use the name of a lab that is up, or create this lab: ./lab up',
  ],
])('./lab %s names the other labs if its lab is missing', async (line, printed) => {
  for (const name of ['local-s01', 'aws-x'])
    fs.mkdirSync(inPlaces('state', 'labs', name), { recursive: true });
  expect(await typed(line)).toEqual({ code: 3, printed });
});

describe('with a lab that is up', () => {
  test.each<[string, Record<string, string>, string]>([
    [
      'ssh worker-7',
      {},
      'Lab local has no worker-7 (did you mean "worker-0"?): it has controller-0, controller-1, controller-2, worker-0, worker-1, worker-2.\nTo do: ./lab status',
    ],
    [
      'ssh controller-2',
      { controllers: '1', workers: '1' },
      'Lab local has no controller-2 (did you mean "controller-0"?): it has controller-0, worker-0.\nTo do: ./lab status',
    ],
    [
      'kubectl get pods',
      { stage: 'none' },
      'Lab local is at stage none: it has no Kubernetes.\nTo do: ./lab up local --stage cluster',
    ],
    [
      'up --set workers=2',
      {},
      "Lab local is up and can't take these changes; nothing was changed:\n  - workers: 2 requested, 3 in use: their number can only grow: a removed worker would stay a node in the API\nTo do: ./lab down, then run the same command again",
    ],
    [
      'up --set controllers=1 --stage network',
      {},
      "Lab local is up and can't take these changes; nothing was changed:\n  - controllers: 1 requested, 3 in use: the members of a lab's etcd can't change\n  - stage: network requested, cluster in use: it can only advance: no step can be undone\nTo do: ./lab down, then run the same command again",
    ],
  ])('./lab %s is refused with its mistake and cure', async (line, config, printed) => {
    mockLab.snapshot = up(config);
    expect(await typed(line)).toEqual({ code: 2, printed });
    // The kept config is the one that made the lab, or the default: never the requested one.
    expect([parseConfig({}), parseConfig(config)]).toContainEqual(labConfig(parseLab()));
  });
});

test('./lab up of another lab is refused if the passphrase of a lab is lost, and creates nothing', async () => {
  const state = inPlaces('state/backend/.pulumi/stacks/hardway-lab/local-s01.json');
  fs.mkdirSync(path.dirname(state), { recursive: true });
  fs.writeFileSync(state, '{}');
  const { code, printed } = await typed('up s02');
  expect(code).toBe(3);
  expect(printed).toContain('The passphrase of lab local-s01 is lost: ');
  expect(fs.readdirSync(inPlaces('state'))).toEqual(['backend']);
});

test.each<[string, Error, string]>([
  [
    'another passphrase',
    new Error('code: 255\n stdout: \n stderr: error: incorrect passphrase'),
    '/state/passphrase does not fit this state.\nTo do: restore the one with which the lab was created, or set PULUMI_CONFIG_PASSPHRASE to it; ./lab down NAME removes a local lab without it',
  ],
  [
    'an engine that was killed',
    new Error('Command was killed with SIGKILL (Forced termination): pulumi up'),
    'The Pulumi engine was killed (SIGKILL) before it ended.\nTo do: ./lab doctor',
  ],
])('./lab status reports %s', async (_what, error, printed) => {
  mockLab.broken = engineFailure(error);
  expect(await typed('status')).toEqual({
    code: 3,
    printed: expect.stringMatching(
      new RegExp(`${printed.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`),
    ),
  });
});

describe('a full disk', () => {
  const full = (): string[] => ['/var/lib/hardway'];

  test.each([
    'ENOSPC: no space left on device, write',
    'failed to save snapshot: write /state/x.json.tmp: no space left on device',
    'mount: /x: Disk quota exceeded',
  ])('is one message for every text of it: %s', (text) => {
    expect(diskFull(text, './lab down removes it', full)).toMatchObject({
      exitCode: 3,
      message: 'The disk is full at /var/lib/hardway. The command stopped there.',
      cure: 'free space there (./lab doctor says how much); then ./lab down removes it',
    });
  });

  test('is named by the unwritten file if it has free space again', () => {
    expect(
      diskFull('write /state/x.json: no space left on device', undefined, () => [])?.message,
    ).toBe('The disk is full: /state/x.json could not be written. The command stopped there.');
  });

  test('is not found in another error', () => {
    expect(diskFull('connection refused', undefined, full)).toBeUndefined();
  });

  describe('is named if the state is cut off during a run of the engine', () => {
    beforeEach(() => void jest.useFakeTimers());
    afterEach(() => void jest.useRealTimers());

    test('is reported once, while the engine repeats its writes', () => {
      let places: string[] = [];
      const said: string[] = [];
      watchState(
        (text) => said.push(text),
        () => places,
      );
      jest.advanceTimersByTime(10_000);
      expect(said).toEqual([]);
      places = ['/state'];
      jest.advanceTimersByTime(10_000);
      expect(said).toEqual([
        expect.stringMatching(
          /^The disk is full at \/state: free space there now, and the command/,
        ),
      ]);
    });

    test('is not reported after the run', () => {
      const said: string[] = [];
      const end = watchState(
        (text) => said.push(text),
        () => ['/state'],
      );
      end();
      jest.advanceTimersByTime(10_000);
      expect(said).toEqual([]);
    });
  });

  test('gets the same message if the command itself meets it', async () => {
    mockLab.broken = Object.assign(new Error('ENOSPC: no space left on device, write'), {
      code: 'ENOSPC',
    });
    const { code, printed } = await typed('status');
    expect(code).toBe(3);
    expect(printed).toMatch(
      /^(FAIL.*\n)?The disk is full.*\nTo do: free space there \(\.\/lab doctor says how much\), then run the same command again$/,
    );
  });
});
