import * as fs from 'node:fs';
import type { OrphanQuery, CloudResource } from '../../../../cli/account/account';
import { takeDown } from '../../../../cli/actions/down';
import { stackFile } from '../../../../cli/engine/project';
import { readSnapshot, type Snapshot } from '../../../../cli/engine/snapshot';
import { Failure, unable } from '../../../../cli/errors';
import { writeSettings } from '../../../../cli/lab/settings';
import { quietProgress } from '../../../../cli/ui/progress';
import { ownPlaces } from '../../../support/typed';

const lab = { stack: 'gcp-s01', cloud: 'gcp' } as const;
/** Calls in their order, and what the engine and the account answer. */
const mockWorld = {
  calls: [] as string[],
  resources: [] as object[],
  /** Operations that an interrupted run of the engine left in the state. */
  pending: [] as object[],
  remains: [] as CloudResource[],
  /** Failures of the next runs of the engine. */
  failures: [] as Error[],
  orphanFailure: undefined as Error | undefined,
  /** Whether the account still lists a resource after its deletion. */
  lingers: false,
};
const snapshot = (): Snapshot =>
  readSnapshot({ resources: mockWorld.resources, pending_operations: mockWorld.pending });

jest.mock('../../../../cli/actions/ensure-toolchain', () => ({
  found: async () => ({}),
  installed: async () => ({}),
}));
// The cloud forgets at once, or never.
jest.mock('../../../../util/poll', () => ({
  poll: async (attempt: () => Promise<unknown>) => attempt(),
}));
jest.mock('../../../../cli/account/account', () => ({
  ...jest.requireActual<object>('../../../../cli/account/account'),
  accountOf: ({ project }: { project: string }) => ({
    remains: async () => {
      mockWorld.calls.push(`remains in ${project}`);
      return mockWorld.remains;
    },
    orphans: async (query: OrphanQuery) => {
      mockWorld.calls.push(`orphans of ${query.state}`);
      return mockWorld.remains.map(({ kind, id }) => ({
        kind,
        id,
        byHand: `gcloud delete ${id}`,
        remove: async () => {
          if (mockWorld.orphanFailure) throw mockWorld.orphanFailure;
          if (mockWorld.lingers) return;
          mockWorld.remains = mockWorld.remains.filter((one) => one.id !== id);
        },
      }));
    },
  }),
}));
jest.mock('../../../../cli/engine/engine', () => ({
  Engine: {
    open: async () => ({
      snapshot: async () => snapshot(),
      destroy: async (_name: string, { refresh }: { refresh: boolean }) => {
        mockWorld.calls.push(refresh ? 'refresh and destroy' : 'destroy');
        const failure = mockWorld.failures.shift();
        if (failure) throw failure;
        mockWorld.resources = [];
        return true;
      },
      remove: async () => void mockWorld.calls.push('stack rm'),
    }),
  },
}));

ownPlaces();
beforeEach(() => {
  writeSettings(lab, new Map([['hardway-lab:project', 'of-the-config']]));
  Object.assign(mockWorld, {
    calls: [],
    resources: [
      {
        urn: 'urn-0',
        type: 'hardway:index:LabId',
        id: '0a1b2c3d',
        outputs: { value: '0a1b2c3d' },
      },
      {
        urn: 'urn-1',
        type: 'pulumi:providers:gcp',
        id: 'p',
        outputs: { project: 'of-the-state', zone: 'us-west1-c' },
      },
    ],
    pending: [],
    remains: [],
    failures: [],
    orphanFailure: undefined,
    lingers: false,
  });
});

const address: CloudResource = {
  lab: 'gcp-s01',
  state: '0a1b2c3d',
  student: '',
  expires: '',
  kind: 'address',
  id: 'gcp-s01-api',
  stateIds: ['path'],
  place: 'of-the-state',
  hourly: 0,
};

describe('down of a cloud lab', () => {
  test('asks the account of the state, which the destroy empties, and removes the stack last', async () => {
    await takeDown(lab, quietProgress);
    expect(mockWorld.calls).toEqual(['destroy', 'remains in of-the-state', 'stack rm']);
    expect(fs.existsSync(stackFile(lab.stack))).toBe(false);
  });

  test('deletes leftovers of the destroy, and asks again before it removes the stack', async () => {
    mockWorld.remains = [address];
    await takeDown(lab, quietProgress);
    expect(mockWorld.calls).toEqual([
      'destroy',
      'remains in of-the-state',
      'orphans of 0a1b2c3d',
      'remains in of-the-state',
      'stack rm',
    ]);
  });

  test('keeps stack and config while a resource is left; a second `down` goes on from there', async () => {
    mockWorld.remains = [address];
    mockWorld.orphanFailure = new Error('refused');
    await expect(takeDown(lab, quietProgress)).rejects.toBeInstanceOf(Failure);
    expect(mockWorld.calls).not.toContain('stack rm');
    expect(fs.existsSync(stackFile(lab.stack))).toBe(true);
    Object.assign(mockWorld, { calls: [], orphanFailure: undefined });
    await takeDown(lab, quietProgress);
    // The state is empty by now: its id comes from the note, the account from the config file.
    expect(mockWorld.calls).toContain('orphans of 0a1b2c3d');
    expect(mockWorld.calls.at(-1)).toBe('stack rm');
    expect(mockWorld.remains).toEqual([]);
  });

  test('keeps the stack and names a resource that the cloud lists even after its deletion', async () => {
    mockWorld.remains = [address];
    mockWorld.lingers = true;
    await expect(takeDown(lab, quietProgress)).rejects.toMatchObject({
      message: 'Leftovers of lab gcp-s01 exist:\n  address gcp-s01-api (of-the-state)',
      cure: './lab down gcp-s01 again',
    });
    expect(mockWorld.calls).not.toContain('stack rm');
    expect(fs.existsSync(stackFile(lab.stack))).toBe(true);
  });

  test('deletes nothing of a lab that no state here knows, and names its resources', async () => {
    mockWorld.resources = [];
    mockWorld.remains = [address];
    await expect(takeDown(lab, quietProgress)).rejects.toMatchObject({
      message: expect.stringMatching(/^No state here knows .*\n  address gcp-s01-api/),
    });
    expect(mockWorld.calls).toEqual(['destroy', 'remains in of-the-config']);
  });

  test('deletes what an interrupted run was creating before the engine destroys the rest', async () => {
    const inputs = { name: address.id };
    const resource = { urn: 'urn-2', type: 'gcp:compute/address:Address', inputs };
    mockWorld.pending = [{ type: 'creating', resource }];
    mockWorld.remains = [address];
    await takeDown(lab, quietProgress);
    expect(mockWorld.calls).toEqual([
      'orphans of 0a1b2c3d',
      'destroy',
      'remains in of-the-state',
      'stack rm',
    ]);
    expect(mockWorld.remains).toEqual([]);
  });

  test('looks resources up and destroys again after a failure, as one may be deleted by hand', async () => {
    mockWorld.failures = [unable('Error 404: The resource was not found')];
    await takeDown(lab, quietProgress);
    expect(mockWorld.calls.slice(0, 2)).toEqual(['destroy', 'refresh and destroy']);
    expect(mockWorld.calls.at(-1)).toBe('stack rm');
  });

  test('keeps the stack and names existing resources if that fails too', async () => {
    mockWorld.failures = [unable('one'), unable('two')];
    await expect(takeDown(lab, quietProgress)).rejects.toThrow('two');
    expect(mockWorld.calls).toEqual(['destroy', 'refresh and destroy', 'remains in of-the-state']);
  });
});
