import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type { Account, CloudResource } from '../../../../cli/account/account';
import { vpcResource } from '../../../support/cloud-resource';
import { accountConfigOf } from '../../../../cli/account/place';
import {
  noteLeftovers,
  ofAnotherLab,
  orphanQuery,
  refuseTakenName,
  removeOrphans,
  settleInterrupted,
} from '../../../../cli/account/orphans';
import { readSnapshot, type Snapshot } from '../../../../cli/engine/snapshot';
import { writeSettings } from '../../../../cli/lab/settings';

const lab = { stack: 'aws-s01', cloud: 'aws' } as const;
const said: string[] = [];
const progress = {
  say: (line: string) => void said.push(line),
  begin: () => ({ done() {}, failed() {}, drop() {} }),
} as never;

/** Contents of the account of these tests. */
const mockAccount = {
  remains: [] as CloudResource[],
  orphans: [] as object[],
  deleted: [] as string[],
};
jest.mock('../../../../cli/account/account', () => ({
  ...jest.requireActual<object>('../../../../cli/account/account'),
  accountOf: () => ({
    remains: async () => mockAccount.remains,
    orphans: async () => mockAccount.orphans,
  }),
}));

const orphan = (id: string, error?: Error): object => ({
  kind: 'instance',
  id,
  byHand: `aws ec2 terminate-instances --instance-ids ${id}`,
  remove: async () => {
    if (error) throw error;
    mockAccount.deleted.push(id);
  },
});

const snapshotOf = (
  resources: { type: string; id?: string; outputs?: object }[],
  pending: object[] = [],
): Snapshot =>
  readSnapshot({
    resources: resources.map((one, index) => ({ urn: `urn-${index}`, ...one })),
    pending_operations: pending,
  });
const STATE = { type: 'hardway:index:LabId', id: '0a1b2c3d', outputs: { value: '0a1b2c3d' } };

let directory: string;
beforeEach(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'account-place-'));
  fs.mkdirSync(path.join(directory, 'stacks'), { recursive: true });
  process.env.HARDWAY_STATE = directory;
  said.length = 0;
  Object.assign(mockAccount, { remains: [], orphans: [], deleted: [] });
});
afterEach(() => {
  delete process.env.HARDWAY_STATE;
  fs.rmSync(directory, { recursive: true });
});

describe('the account of a lab', () => {
  test('comes from its config file if the state is empty', () => {
    writeSettings(lab, new Map([['hardway-lab:region', 'eu-central-1']]));
    expect(accountConfigOf(lab, undefined).region).toBe('eu-central-1');
  });

  test('comes from the provider in its state, not from the config file', () => {
    writeSettings(lab, new Map([['hardway-lab:region', 'us-west-2']]));
    const provider = { type: 'pulumi:providers:aws', outputs: { region: 'eu-central-1' } };
    expect(accountConfigOf(lab, snapshotOf([provider])).region).toBe('eu-central-1');
  });

  test('has the project that the environment gave when the lab was created', () => {
    const provider = {
      type: 'pulumi:providers:gcp',
      outputs: { project: 'p', zone: 'us-east1-b' },
    };
    const gcp = { stack: 'gcp', cloud: 'gcp' } as const;
    expect(accountConfigOf(gcp, snapshotOf([provider]))).toMatchObject({
      project: 'p',
      zone: 'us-east1-b',
    });
  });
});

describe('an interrupted run', () => {
  const pending = [{ type: 'creating', resource: { urn: 'new', type: 'aws:ec2/vpc:Vpc' } }];

  test('has its orphans listed and deleted', async () => {
    mockAccount.orphans = [orphan('i-1'), orphan('i-2')];
    await settleInterrupted(lab, snapshotOf([STATE], pending), progress);
    expect(mockAccount.deleted).toEqual(['i-1', 'i-2']);
    expect(said[0]).toBe(
      'instance i-1 was being created when the last run was interrupted: deleting it',
    );
  });

  test('leaves nothing to delete if it ended', async () => {
    mockAccount.orphans = [orphan('i-1')];
    await settleInterrupted(lab, snapshotOf([STATE]), progress);
    expect(mockAccount.deleted).toEqual([]);
  });

  test('names undeleted resources with their commands after it deleted the others', async () => {
    const orphans = [orphan('i-1', new Error('refused')), orphan('i-2')];
    const account = { orphans: async () => orphans } as unknown as Account;
    const query = orphanQuery(lab, snapshotOf([STATE], pending));
    await expect(removeOrphans(account, query, { progress, why: '', cure: '' })).rejects.toThrow(
      '1 resource of lab aws-s01 could not be deleted:\n  instance i-1: refused\n    by hand: aws ec2 terminate-instances --instance-ids i-1',
    );
    expect(mockAccount.deleted).toEqual(['i-2']);
  });
});

describe('the query for orphans', () => {
  test('takes the lab’s state id and resources from the note of a `down` that emptied the state', () => {
    noteLeftovers(lab, snapshotOf([STATE, { type: 'aws:ec2/vpc:Vpc', id: 'vpc-1' }]));
    const query = orphanQuery(lab, snapshotOf([]));
    expect(query).toMatchObject({ state: '0a1b2c3d', known: new Set() });
    expect(query.own).toEqual(new Set(['0a1b2c3d', 'vpc-1']));
  });

  test('leaves out a pending create of a resource that the state has', () => {
    const pending = ['urn-0', 'new'].map((urn) => ({
      type: 'creating',
      resource: { urn, type: 'aws:ec2/route:Route' },
    }));
    const { pending: asked } = orphanQuery(lab, snapshotOf([STATE], pending));
    expect(asked.map(({ urn }) => urn)).toEqual(['new']);
  });
});

describe('a name in use', () => {
  const remain = (state: string): CloudResource => vpcResource({ state });

  test('is refused before the first `up` if another state’s lab has it', async () => {
    mockAccount.remains = [remain('ffffffff')];
    await expect(refuseTakenName(lab, undefined)).rejects.toThrow(
      'Another lab named aws-s01 exists in this account (us-west-2): vpc vpc-1',
    );
  });

  test('is not looked up for a lab with a state', async () => {
    mockAccount.remains = [remain('ffffffff')];
    await expect(refuseTakenName(lab, snapshotOf([STATE]))).resolves.toBeUndefined();
  });

  test('counts only resources of another state', () => {
    expect(ofAnotherLab([remain('ffffffff'), remain('0a1b2c3d')], '0a1b2c3d')).toEqual([
      remain('ffffffff'),
    ]);
  });
});
