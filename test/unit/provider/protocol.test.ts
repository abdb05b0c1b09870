import * as rpc from '@pulumi/pulumi/proto/provider_pb';
import { Plugin } from '../../../provider/protocol/plugin';
import type { ResourceKind } from '../../../provider/protocol/resource-kind';
import { mask, unwrap, wrap } from '../../../provider/protocol/values';
import { RunningPlugin, secret, struct, UNKNOWN } from '../../support/plugin';
import { until } from '../../support/until';

const URN = 'urn:pulumi:dev::lab::hardway:lab:Lab$try:kind:Thing::one';

const plugin = (kind: Partial<ResourceKind>): Plugin =>
  new Plugin({
    kinds: {
      'try:kind:Thing': {
        create: async () => ({ id: 'id', state: {} }),
        delete: async () => undefined,
        ...kind,
      },
    },
    version: '1.0.0',
  });

const diffRequest = (oldInputs: object, olds: object, news: object): rpc.DiffRequest =>
  new rpc.DiffRequest()
    .setUrn(URN)
    .setId('id')
    .setOldInputs(struct(oldInputs))
    .setOlds(struct(olds))
    .setNews(struct(news));

const wireOf = (response: { getProperties(): any }): any => response.getProperties().toJavaScript();

describe('values', () => {
  test('unwrap finds secrets and unknown values at any depth and lists their properties', () => {
    const {
      values,
      secret: names,
      unknown,
    } = unwrap({
      a: secret('x'),
      b: { c: [secret({ d: 1 })] },
      e: [UNKNOWN],
      f: secret(UNKNOWN),
      g: null,
    });
    expect(values).toEqual({ a: 'x', b: { c: [{ d: 1 }] }, g: null });
    expect([...names]).toEqual(['a', 'b', 'f']);
    expect([...unknown]).toEqual(['e', 'f']);
  });

  test('wrap wraps copies of secrets once, and omits undefined', () => {
    const texts = new Set(['hunter22']);
    expect(
      wrap(
        { a: 'my hunter22', b: { c: ['hunter22'] }, d: 'd', e: undefined, f: 'f' },
        new Set(['f']),
        texts,
      ),
    ).toEqual({
      a: secret('my hunter22'),
      b: secret({ c: ['hunter22'] }),
      d: 'd',
      f: secret('f'),
    });
    expect(mask('password hunter22!', texts)).toBe('password [secret]!');
  });
});

describe('check', () => {
  test('keeps secrets and unknown values, and returns every failure', async () => {
    const kind: Partial<ResourceKind> = {
      check: async (news, olds, unknown) => ({
        inputs: { ...news, filled: `${olds === undefined} ${[...unknown]}` },
        failures: [
          { property: 'a', reason: 'too short-lived' },
          { property: 'b', reason: 'b is wrong' },
        ],
      }),
    };
    const request = new rpc.CheckRequest()
      .setUrn(URN)
      .setNews(struct({ a: secret('short-lived'), b: UNKNOWN, c: 1 }));
    const response = await plugin(kind).check(request);
    expect(response.getInputs()!.toJavaScript()).toEqual({
      a: secret('short-lived'),
      b: UNKNOWN,
      c: 1,
      filled: 'true b',
    });
    expect(response.getFailuresList().map((failure) => failure.getReason())).toEqual([
      'too [secret]',
      'b is wrong',
    ]);
  });

  test('returns the inputs unchanged for a kind without check', async () => {
    const inputs = { a: secret('s3cretive'), b: { c: UNKNOWN }, d: [1, 'x'] };
    const response = await plugin({}).check(
      new rpc.CheckRequest().setUrn(URN).setNews(struct(inputs)),
    );
    expect(response.getInputs()!.toJavaScript()).toEqual(inputs);
  });
});

describe('diff', () => {
  const { DIFF_NONE, DIFF_SOME } = rpc.DiffResponse.DiffChanges;

  test('finds no difference between deeply equal inputs, secret or not', async () => {
    const response = await plugin({}).diff(
      diffRequest(
        { a: { b: [1] }, s: secret('x') },
        { a: { b: [1] }, s: secret('x'), made: 1 },
        { a: { b: [1] }, s: secret('x') },
      ),
    );
    expect(response.getChanges()).toBe(DIFF_NONE);
    expect(response.getDeletebeforereplace()).toBe(false);
  });

  test('replaces resources of a kind without update, and deletes the old one first', async () => {
    const response = await plugin({}).diff(
      diffRequest({ a: 1, b: 1 }, { a: 1, b: 1 }, { a: 2, b: 1 }),
    );
    expect(response.getChanges()).toBe(DIFF_SOME);
    expect(response.getReplacesList()).toEqual(['a']);
    expect(response.getDeletebeforereplace()).toBe(true);
  });

  test('updates resources of a kind with update, and distinguishes added, changed and removed inputs', async () => {
    const response = await plugin({ update: async () => ({}) }).diff(
      diffRequest({ a: 1, gone: 1 }, { a: 1, gone: 1 }, { a: 2, fresh: 1 }),
    );
    expect(response.getReplacesList()).toEqual([]);
    const { Kind } = rpc.PropertyDiff;
    const kinds = Object.fromEntries(
      response
        .getDetaileddiffMap()
        .getEntryList()
        .map(([name]) => [name, response.getDetaileddiffMap().get(name)!.getKind()]),
    );
    expect(kinds).toEqual({ a: Kind.UPDATE, gone: Kind.DELETE, fresh: Kind.ADD });
  });

  test('treats an unknown input as changed', async () => {
    const response = await plugin({ update: async () => ({}) }).diff(
      diffRequest({ a: 1 }, { a: 1 }, { a: UNKNOWN }),
    );
    expect(response.getDiffsList()).toEqual(['a']);
  });

  test('detects drift that a refresh wrote to the state', async () => {
    expect(
      (await plugin({}).diff(diffRequest({ a: 1 }, { a: 'drifted' }, { a: 1 }))).getDiffsList(),
    ).toEqual(['a']);
  });

  test('omits ignored changes', async () => {
    const request = diffRequest({ a: 1 }, { a: 1 }, { a: 2 }).setIgnorechangesList(['a']);
    expect((await plugin({}).diff(request)).getChanges()).toBe(DIFF_NONE);
  });
});

describe('create, read, update, delete', () => {
  test('outputs are secret if the kind lists them, or if they equal or contain a secret input', async () => {
    const kind: Partial<ResourceKind> = {
      secrets: ['key'],
      create: async (inputs) => ({
        id: 'id',
        state: { ...inputs, key: 'k', copy: `got ${inputs.password}`, open: 'open' },
      }),
    };
    const response = await plugin(kind).create(
      new rpc.CreateRequest().setUrn(URN).setProperties(struct({ password: secret('hunter22') })),
    );
    expect(wireOf(response)).toEqual({
      password: secret('hunter22'),
      key: secret('k'),
      copy: secret('got hunter22'),
      open: 'open',
    });
  });

  test('errors contain no secret', async () => {
    const kind: Partial<ResourceKind> = {
      create: async ({ password }) => Promise.reject(new Error(`no entry with ${password}`)),
    };
    const request = new rpc.CreateRequest()
      .setUrn(URN)
      .setProperties(struct({ password: secret('hunter22') }));
    await expect(plugin(kind).create(request)).rejects.toThrow('no entry with [secret]');
  });

  test('read returns the actual state, matching inputs, and wrapped secrets', async () => {
    const kind: Partial<ResourceKind> = { read: async (_id, state) => ({ ...state, mtu: 9000 }) };
    const request = new rpc.ReadRequest()
      .setUrn(URN)
      .setId('id')
      .setProperties(struct({ mtu: 1500, made: 1, s: secret('hunter22') }))
      .setInputs(struct({ mtu: 1500, s: secret('hunter22') }));
    const response = await plugin(kind).read(request);
    expect(response.getId()).toBe('id');
    expect(wireOf(response)).toEqual({ mtu: 9000, made: 1, s: secret('hunter22') });
    expect(response.getInputs()!.toJavaScript()).toEqual({ mtu: 9000, s: secret('hunter22') });
  });

  test('read returns an empty id for a resource that does not exist', async () => {
    const response = await plugin({ read: async () => undefined }).read(
      new rpc.ReadRequest().setUrn(URN).setId('id'),
    );
    expect(response.getId()).toBe('');
  });

  test('update and delete receive the state and the old inputs that are not in it', async () => {
    const seen: unknown[] = [];
    const kind: Partial<ResourceKind> = {
      update: async (_id, olds, news) => (seen.push(olds), news),
      delete: async (_id, state) => void seen.push(state),
    };
    await plugin(kind).update(
      new rpc.UpdateRequest()
        .setUrn(URN)
        .setOlds(struct({ a: 1, made: 2 }))
        .setOldInputs(struct({ a: 0, only: 3 }))
        .setNews(struct({ a: 4 })),
    );
    await plugin(kind).delete(
      new rpc.DeleteRequest()
        .setUrn(URN)
        .setProperties(struct({ a: 1 }))
        .setOldInputs(struct({ only: 3 })),
    );
    expect(seen).toEqual([
      { a: 1, made: 2, only: 3 },
      { a: 1, only: 3 },
    ]);
  });

  test('update of a kind without update is an error', async () => {
    await expect(plugin({}).update(new rpc.UpdateRequest().setUrn(URN))).rejects.toThrow(
      "try:kind:Thing can't be changed in place",
    );
  });

  test('an unknown kind is an error that lists the known kinds', async () => {
    const request = new rpc.CreateRequest().setUrn('urn:pulumi:s::p::try:kind:Other::x');
    await expect(plugin({}).create(request)).rejects.toThrow(
      'try:kind:Other is not a resource of this plugin. Available: try:kind:Thing',
    );
  });

  test('a custom timeout aborts its call, and an interrupt aborts all calls', async () => {
    const kind: Partial<ResourceKind> = {
      create: (_inputs, call) =>
        new Promise((_, reject) =>
          call!.signal.addEventListener('abort', () => reject(new Error('stopped'))),
        ),
    };
    const one = plugin(kind);
    const keepAlive = setTimeout(() => undefined, 10_000);
    await expect(one.create(new rpc.CreateRequest().setUrn(URN).setTimeout(0.1))).rejects.toThrow(
      'stopped',
    );
    const pending = one.create(new rpc.CreateRequest().setUrn(URN));
    (one.services().cancel as any)({ request: undefined }, () => undefined);
    await expect(pending).rejects.toThrow('stopped');
    await expect(one.create(new rpc.CreateRequest().setUrn(URN))).rejects.toThrow('interrupted');
    clearTimeout(keepAlive);
  });
});

describe('the provider process', () => {
  test('serves a key with a secret private half, and ends after its engine is killed', async () => {
    const running = await RunningPlugin.start('provider/pulumi-resource-hardway');
    try {
      const { wire } = await running.create('hardway:tls:SshKey', 'key', { comment: 'lab' });
      expect(wire.publicKey).toMatch(/^ssh-ed25519 \S+ lab$/);
      expect(wire.privateKey).toEqual(secret(expect.stringContaining('OPENSSH PRIVATE KEY')));
      running.parent.kill('SIGKILL');
      await until('the provider ended', () => !running.alive);
    } finally {
      running.stop();
    }
  }, 30_000);
});
