import * as fs from 'node:fs';
import * as path from 'node:path';
import { remoteCommand } from '../../command-plugin/command';
import { endConnections } from '../../command-plugin/ssh-master';
import { removeWorkspace, workspaceDirectory } from '../../command-plugin/workspace';
import { generateSshKey } from '../../provider/tls/ssh';
import { until } from '../support/until';
import { each } from '../support/each';
import { call, failure } from '../support/command-plugin-call';
import { processesWith, Sshd } from '../support/command-plugin-sshd';

// Labs on the same host may slow the tests down.
jest.setTimeout(60_000);

const { create, update, diff, check } = remoteCommand as Required<typeof remoteCommand>;
let sshd: Sshd;

beforeAll(async () => {
  sshd = await Sshd.prepare();
  sshd.start();
});
afterAll(async () => {
  endConnections();
  removeWorkspace();
  await sshd.stop();
});

describe('a command that succeeds', () => {
  test('returns both outputs without their last line end, and its inputs', async () => {
    const inputs = {
      connection: sshd.connection(),
      create: 'echo one; echo two; echo oops >&2',
      triggers: ['a'],
    };
    const { id, state } = await create(inputs, call());
    expect(id).toMatch(/^step[0-9a-f]{8}$/);
    expect(state).toEqual({ ...inputs, stdout: 'one\ntwo', stderr: 'oops' });
  });

  test('reads stdin whole, byte for byte', async () => {
    const stdin = `ümläut\n${'x'.repeat(300_000)}\n\n`;
    const { state } = await create(
      { connection: sshd.connection(), create: 'cat | sha256sum; cat /dev/null', stdin },
      call(),
    );
    const { createHash } = await import('node:crypto');
    expect(state.stdout).toContain(createHash('sha256').update(stdin).digest('hex'));
  });

  test('may end without reading its stdin', async () => {
    const { state } = await create(
      { connection: sshd.connection(), create: 'echo done', stdin: 'y'.repeat(1_000_000) },
      call(),
    );
    expect(state.stdout).toBe('done');
  });

  test('shows the lines that input logging selects while it runs', async () => {
    const shown = async (logging?: 'stdout' | 'stderr' | 'none'): Promise<string[]> => {
      const recorder = call();
      await create(
        { connection: sshd.connection(), create: 'printf "a\\nb"; echo c >&2', logging },
        recorder,
      );
      return recorder.shown.sort();
    };
    expect(await shown()).toEqual(['a', 'b', 'c']);
    expect(await shown('stdout')).toEqual(['a', 'b']);
    expect(await shown('stderr')).toEqual(['c']);
    expect(await shown('none')).toEqual([]);
  });

  test('runs several lines as one script, also after shell options', async () => {
    const { state } = await create(
      { connection: sshd.connection(), create: 'set -eu\nfor i in 1 2; do\n  echo "$i"\ndone' },
      call(),
    );
    expect(state.stdout).toBe('1\n2');
  });

  test('is not run if input create is absent', async () => {
    const { state } = await create(
      { connection: sshd.connection({ port: 1 }), delete: 'true' },
      call(),
    );
    expect(state).toMatchObject({ stdout: '', stderr: '' });
  });
});

describe('a command that fails', () => {
  test('reports its exit status and output', async () => {
    const message = await failure(
      create(
        { connection: sshd.connection(), create: 'echo before; echo the reason >&2; exit 7' },
        call(),
      ),
    );
    expect(message).toContain('exited with status 7');
    expect(message).toContain('before');
    expect(message).toContain('the reason');
  });

  test('reports exit status 255 as its own', async () => {
    expect(
      await failure(create({ connection: sshd.connection(), create: 'exit 255' }, call())),
    ).toContain('exited with status 255');
  });

  test('shows only the end of a long output', async () => {
    const message = await failure(
      create({ connection: sshd.connection(), create: 'seq 100000; echo the end; exit 1' }, call()),
    );
    expect(message).toContain('the end');
    expect(message.length).toBeLessThan(10_000);
  });

  test('is stopped when the engine is interrupted', async () => {
    const interrupt = new AbortController();
    const recorder = call(interrupt.signal);
    const running = failure(
      create({ connection: sshd.connection(), create: 'echo started; exec sleep 60' }, recorder),
    );
    await until('the command started', () => recorder.shown.includes('started'));
    interrupt.abort();
    expect(await running).toContain('interrupted');
  });
});

describe('a host', () => {
  test('is refused with another host key', async () => {
    const hostKey = generateSshKey('other').publicKey;
    const message = await failure(
      create(
        { connection: sshd.connection({ hostKey, dialErrorLimit: 1 }), create: 'true' },
        call(),
      ),
    );
    expect(message).toMatch(/can't be reached, after 2 attempts: .*host key/i);
  });

  test('is reported if it refuses the key', async () => {
    const { privateKey } = generateSshKey('stranger');
    expect(
      await failure(
        create(
          { connection: sshd.connection({ privateKey, dialErrorLimit: 0 }), create: 'true' },
          call(),
        ),
      ),
    ).toContain('Permission denied');
  });

  test('is reached although it starts late', async () => {
    const late = await Sshd.prepare();
    try {
      const recorder = call();
      const running = create(
        { connection: late.connection({ dialErrorLimit: -1 }), create: 'echo up' },
        recorder,
      );
      await until(
        'two dials failed',
        () => recorder.shown.filter((text) => text.includes('Connection refused')).length >= 2,
      );
      late.start();
      expect((await running).state.stdout).toBe('up');
    } finally {
      await late.stop();
    }
  });

  test('is given up after the time limit if it never answers', async () => {
    const connection = sshd.connection({ port: 1, dialErrorLimit: -1 });
    expect(
      await failure(create({ connection, create: 'true' }, call(AbortSignal.timeout(500)))),
    ).toMatch(/stopped after \d+ attempts.*Connection refused/);
  });

  test('gets few logins for many commands, more than one connection can run at a time', async () => {
    const before = sshd.logins();
    const connection = sshd.connection({ perDialTimeout: 7 });
    const results = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        create({ connection, create: `sleep 0.3; echo ${index}` }, call()),
      ),
    );
    expect(results.map(({ state }) => state.stdout)).toEqual(
      Array.from({ length: 12 }, (_, index) => String(index)),
    );
    expect(sshd.logins() - before).toBeLessThanOrEqual(3);
    await create({ connection, create: 'true' }, call());
    expect(sshd.logins() - before).toBeLessThanOrEqual(3);
  });
});

describe('a secret', () => {
  test('is in no command line, and files of the workspace are private', async () => {
    const stdin = 'the-secret-of-the-day\n';
    const recorder = call();
    const running = create(
      {
        connection: { ...sshd.connection(), proxy: sshd.connection() },
        create: 'cat >/dev/null; echo started; sleep 1',
        stdin,
      },
      recorder,
    );
    await until('the command started', () => recorder.shown.includes('started'));
    for (const text of ['the-secret-of-the-day', ...sshd.clientKey.split('\n').slice(1, 3)])
      expect(processesWith(text)).toEqual([]);
    await running;
    expect(fs.statSync(workspaceDirectory()).mode & 0o777).toBe(0o700);
    const names = fs.readdirSync(workspaceDirectory(), { recursive: true }) as string[];
    const stats = names
      .filter((name) => /identity|config|known/.test(name))
      .map((name) => fs.lstatSync(path.join(workspaceDirectory(), name)))
      .filter((stat) => stat.isFile());
    each(stats, (stat) => expect(stat.mode & 0o077).toBe(0));
  });
});

describe('the resource', () => {
  const run = async (create_: string, more: object = {}): Promise<any> =>
    (await create({ connection: sshd.connection(), create: create_, ...more }, call())).state;

  test('runs update, else create, on an update, with the previous output in the environment', async () => {
    const olds = await run('echo first');
    const other = await update(
      'id',
      olds,
      { ...olds, update: 'echo "after $PULUMI_COMMAND_STDOUT"' },
      call(),
    );
    expect(other.stdout).toBe('after first');
    expect(
      (await update('id', olds, { ...olds, create: 'echo "again $PULUMI_COMMAND_STDOUT"' }, call()))
        .stdout,
    ).toBe('again first');
    const without = {
      ...olds,
      update: 'echo "after $PULUMI_COMMAND_STDOUT"',
      addPreviousOutputInEnv: false,
    };
    expect((await update('id', olds, without, call())).stdout).toBe('after ');
  });

  test('runs the delete command on a delete', async () => {
    const file = path.join(sshd.directory, 'made');
    const state = await run(`touch ${file}`, { delete: `rm ${file}` });
    expect(fs.existsSync(file)).toBe(true);
    await remoteCommand.delete('id', state, call());
    expect(fs.existsSync(file)).toBe(false);
  });

  test('is replaced after a change of triggers, even with an update command, and updated otherwise', async () => {
    const olds = {
      connection: sshd.connection(),
      create: 'true',
      update: 'true',
      triggers: ['a'],
      stdout: '',
      stderr: '',
    };
    const { stdout: _, stderr: __, ...news } = olds;
    expect(await diff(olds, news, new Set())).toMatchObject({ changed: [], replace: [] });
    expect(await diff(olds, { ...news, triggers: ['b'] }, new Set())).toMatchObject({
      changed: ['triggers'],
      replace: ['triggers'],
      deleteBeforeReplace: false,
    });
    expect(await diff(olds, { ...news, create: 'false' }, new Set())).toMatchObject({
      changed: ['create'],
      replace: [],
    });
    const { triggers: ___, ...unknown } = news;
    expect(await diff(olds, unknown, new Set(['triggers']))).toMatchObject({
      replace: ['triggers'],
    });
  });

  test('has all its mistakes reported at once', async () => {
    const news: any = {
      connection: { host: 'a b', port: 99999, password: 'x' },
      create: 1,
      environment: { A: 'b' },
      logging: 'loud',
      nonsense: 1,
    };
    const { failures } = await check(news, undefined, new Set());
    expect(failures!.map(({ property }) => property).sort()).toEqual([
      'connection',
      'connection',
      'connection',
      'create',
      'environment',
      'logging',
      'nonsense',
    ]);
    expect((await check({}, undefined, new Set(['connection']))).failures).toEqual([]);
  });
});
