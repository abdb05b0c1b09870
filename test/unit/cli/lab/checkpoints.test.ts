import { parseConfig } from '../../../../components/config';
import type { UpSnapshot } from '../../../../cli/actions/up';
import { identityOf, misfitOf } from '../../../../cli/lab/checkpoint-identity';
import { parseLabelled, refuseCloud } from '../../../../cli/lab/checkpoint-label';

const instance = (changes: Record<string, unknown> = {}) => ({
  urn: 'urn:pulumi:local::hardway-lab::hardway:local:Instance::worker-0',
  type: 'hardway:local:Instance',
  outputs: {
    name: 'worker-0',
    privateIp: '10.240.0.20',
    publicIp: '198.18.0.20',
    hostPublicKey: 'ssh-ed25519 AAAA\n',
    hostPrivateKey: 'SECRET',
    tree: '/trees/1',
    store: '/store/1',
    generation: 'g1',
    ...changes,
  },
});
const session = (...triggers: string[]) => ({
  urn: 'urn:pulumi:local::hardway-lab::command:remote:Command::machine@worker-0',
  type: 'command:remote:Command',
  outputs: { triggers },
});
const snapshot = (config: Record<string, string>, ...resources: unknown[]): UpSnapshot =>
  ({ outputs: { config: parseConfig(config) }, resources }) as unknown as UpSnapshot;

const BASE = identityOf(snapshot({}, instance(), session('g1', 'digest')));

describe('a checkpoint fits', () => {
  test('a lab with a node that was reset: only its generation differs', () => {
    const now = snapshot({}, instance({ generation: 'g2' }), session('g2', 'digest'));
    expect(misfitOf(BASE, identityOf(now))).toBeUndefined();
  });

  test('a lab with another expiry and other limits', () => {
    const now = snapshot(
      { expires: '2026-12-01T18:00Z', memoryLimit: '8Gi', processLimit: '4096' },
      instance(),
      session('g1', 'digest'),
    );
    expect(misfitOf(BASE, identityOf(now))).toBeUndefined();
  });
});

describe('a checkpoint does not fit', () => {
  test('a lab with another config, and the cure sets the saved config', () => {
    const now = snapshot(
      { workers: '2', adminCidrs: '198.18.0.0/15,192.0.2.0/24' },
      instance(),
      session('g1', 'other'),
    );
    expect(misfitOf(BASE, identityOf(now))).toEqual({
      text: 'workers was 3 and is 2 now, adminCidrs was 198.18.0.0/15 and is 198.18.0.0/15,192.0.2.0/24 now',
      settings: ['--set workers=3', '--set adminCidrs=198.18.0.0/15'],
    });
  });

  test.each([
    ['host key of worker-0', instance({ hostPublicKey: 'ssh-ed25519 BBBB' }), 'digest'],
    ['Debian tree', instance({ tree: '/trees/2' }), 'digest'],
    ['sessions', instance(), 'other'],
  ])('a lab with another %s', (name, resource, digest) => {
    const now = snapshot({}, resource, session('g1', digest));
    expect(misfitOf(BASE, identityOf(now))).toEqual({ text: `changed since the save: ${name}` });
  });
});

test('the identity of a lab holds no private key', () => {
  expect(JSON.stringify(BASE)).not.toContain('SECRET');
});

describe('[NAME] LABEL', () => {
  test('names the default lab if it is one word', () => {
    expect(parseLabelled('save', ['before-1'])).toEqual({
      lab: { stack: 'local', cloud: 'local' },
      label: 'before-1',
    });
    expect(parseLabelled('save', ['s01', 'before-1']).lab.stack).toBe('local-s01');
  });

  test.each([
    [[], /^Missing label\.$/],
    [['aws'], /^Missing label: aws is the name of a lab\.$/],
    [['local-s01'], /^Missing label: local-s01 is the name of a lab\.$/],
    [['a', 'b', 'c'], /takes one NAME and one LABEL, not: a b c$/],
    [['../x'], /^"\.\.\/x" can't be a label/],
    [['.saving'], /^"\.saving" can't be a label/],
    [['x'.repeat(41)], /can't be a label/],
  ])('is refused: %j', (words, message) => {
    expect(() => parseLabelled('restore', words)).toThrow(message);
  });

  test('names no lab in a cloud', () => {
    expect(() => refuseCloud({ stack: 'aws-s01', cloud: 'aws' })).toThrow(
      /^Only local labs have checkpoints, and aws-s01 is in a cloud\.$/,
    );
  });
});
