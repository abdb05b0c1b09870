import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { withLabLock } from '../../../../cli/lab/lock';
import { parseLab } from '../../../../cli/lab/name';
import { owned } from '../../../../provider/local/owned';
import { claimLab, foreignOwner, recordOf } from '../../../../provider/local/shared/lab-register';
import type { ResourceKind } from '../../../../provider/protocol/resource-kind';

const LAB = 'local-owned';
const VARIABLES = ['HARDWAY_STATE', 'HARDWAY_HOST', 'HARDWAY_CLOUD', 'PULUMI_BACKEND_URL'];
const given = { ...process.env };
let place: string;

const use = (state: string, backend?: string): void => {
  process.env.HARDWAY_STATE = path.join(place, state);
  delete process.env.PULUMI_BACKEND_URL;
  if (backend) process.env.PULUMI_BACKEND_URL = backend;
};

beforeEach(() => {
  place = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'hardway-owner-')));
  process.env.HARDWAY_HOST = path.join(place, 'host');
  process.env.HARDWAY_CLOUD = path.join(place, 'cloud');
  use('a');
});

afterEach(() => {
  for (const name of VARIABLES) {
    delete process.env[name];
    if (given[name] !== undefined) process.env[name] = given[name];
  }
  fs.rmSync(place, { recursive: true });
});

describe('a local lab', () => {
  test('belongs to the state directory that claimed it, and to no other', () => {
    claimLab(LAB);
    expect(foreignOwner(LAB)).toBeUndefined();
    use('b');
    expect(foreignOwner(LAB)?.state).toBe(path.join(place, 'a'));
    expect(() => claimLab(LAB)).toThrow(`belongs to the state directory ${path.join(place, 'a')}`);
    expect(recordOf(LAB)?.owner.state).toBe(path.join(place, 'a'));
  });

  test('still belongs to a state directory that was deleted and made again', () => {
    claimLab(LAB);
    fs.rmSync(path.join(place, 'a'), { recursive: true });
    expect(foreignOwner(LAB)).toBeUndefined();
  });

  test('belongs to a state directory that was moved or restored elsewhere', () => {
    claimLab(LAB);
    fs.renameSync(path.join(place, 'a'), path.join(place, 'moved'));
    use('moved');
    expect(foreignOwner(LAB)).toBeUndefined();
  });

  test('belongs to the chosen backend, in any state directory', () => {
    use('a', 's3://labs');
    claimLab(LAB);
    use('b', 's3://labs');
    expect(foreignOwner(LAB)).toBeUndefined();
    use('a');
    expect(foreignOwner(LAB)?.backend).toBe('s3://labs');
  });

  test('belongs to every state directory that chose the backend of the lab’s state directory', () => {
    claimLab(LAB);
    use('b', `file://${path.join(place, 'a')}/backend?metadata=skip`);
    expect(foreignOwner(LAB)).toBeUndefined();
    claimLab(LAB);
    use('a');
    expect(foreignOwner(LAB)).toBeUndefined();
    use('b', `file://${path.join(place, 'c')}/backend`);
    expect(foreignOwner(LAB)).toBeDefined();
  });

  test('belongs to its state directory also if ./lab names the backend in it', () => {
    claimLab(LAB);
    use('a', `file://${path.join(place, 'a')}/backend?metadata=skip`);
    expect(foreignOwner(LAB)).toBeUndefined();
  });
});

describe('a command on a lab of another state', () => {
  test.each(['up', 'down', 'recreate', 'reset', 'extend'])(
    '%s is refused before its work begins, with owner and cure',
    async (what) => {
      claimLab(LAB);
      use('b');
      const work = jest.fn(async () => undefined);
      await expect(withLabLock(parseLab(LAB), what, work)).rejects.toMatchObject({
        message: expect.stringContaining(path.join(place, 'a')),
        cure: expect.stringContaining('--take-over'),
      });
      expect(work).not.toHaveBeenCalled();
    },
  );
});

describe('the provider, on a lab of another state', () => {
  const calls: string[] = [];
  const kind: ResourceKind<any, any> = {
    create: async (inputs) => (calls.push('create'), { id: 'x', state: inputs }),
    update: async (_id, _olds, news) => (calls.push('update'), news),
    read: async (_id, state) => (calls.push('read'), state),
    delete: async () => void calls.push('delete'),
  };

  beforeEach(() => {
    calls.length = 0;
    claimLab(LAB);
    use('b');
  });

  test('refuses to check, make and change resources', async () => {
    const { failures } = await owned(kind).check!({ lab: LAB }, undefined, new Set());
    expect(failures).toEqual([
      { property: 'lab', reason: expect.stringContaining('belongs to the state directory') },
    ]);
    await expect(owned(kind).create({ lab: LAB })).rejects.toThrow('belongs to');
    await expect(owned(kind).update!('x', {}, { lab: LAB })).rejects.toThrow('belongs to');
    expect(calls).toEqual([]);
  });

  test('finds no own resource, and deletes none of the owner', async () => {
    expect(await owned(kind).read!('x', { lab: LAB })).toBeUndefined();
    await owned(kind).delete('x', { lab: LAB });
    expect(calls).toEqual([]);
  });

  test('does all of it for the owner', async () => {
    use('a');
    await owned(kind).create({ lab: LAB });
    await owned(kind).update!('x', {}, { lab: LAB });
    await owned(kind).read!('x', { lab: LAB });
    await owned(kind).delete('x', { lab: LAB });
    expect(calls).toEqual(['create', 'update', 'read', 'delete']);
  });
});
