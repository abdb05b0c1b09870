import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import {
  certificate,
  certificateAuthority,
  signingKey,
  sshKey,
} from '../../../../provider/tls/kinds';

const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'hardway-certificates-'));
afterAll(() => fs.rmSync(directory, { recursive: true, force: true }));

let count = 0;
function file(text: string): string {
  const place = path.join(directory, `file${++count}`);
  fs.writeFileSync(place, text, { mode: 0o600 });
  return place;
}
const run = (command: string, ...args: string[]): string =>
  execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
const openssl = (...args: string[]): string => run('openssl', ...args);

const authority = async (validityDays = 3650): Promise<any> =>
  (await certificateAuthority.create({ commonName: 'lab CA', validityDays })).state;

async function issue(changes: object = {}): Promise<any> {
  const ca = await authority();
  const inputs = {
    caCertificate: ca.certificate,
    caPrivateKey: ca.privateKey,
    commonName: 'kubernetes',
    usages: ['server' as const],
    validityDays: 365,
    ...changes,
  };
  return { ca, inputs, state: (await certificate.create(inputs)).state };
}

const text = (pem: string): string => openssl('x509', '-noout', '-text', '-in', file(pem));

describe('a certificate authority', () => {
  test('is a self-signed, critical CA that may sign certificates but no authorities', async () => {
    const ca = await authority();
    const place = file(ca.certificate);
    expect(openssl('verify', '-x509_strict', '-CAfile', place, place)).toContain('OK');
    const shown = text(ca.certificate);
    expect(shown).toMatch(/Basic Constraints: critical\s+CA:TRUE, pathlen:0/);
    expect(shown).toMatch(/Key Usage: critical\s+.*Certificate Sign/);
    expect(shown).toContain('NIST CURVE: P-256');
    expect(openssl('pkey', '-in', file(ca.privateKey), '-pubout')).toBe(
      openssl('x509', '-in', place, '-noout', '-pubkey'),
    );
  });
});

describe('a certificate', () => {
  test('is valid for each of its usages and no other', async () => {
    const { ca, state } = await issue({ usages: ['client'] });
    const verify = (purpose: string): string =>
      openssl(
        'verify',
        '-x509_strict',
        '-purpose',
        purpose,
        '-CAfile',
        file(ca.certificate),
        file(state.certificate),
      );
    expect(verify('sslclient')).toContain('OK');
    expect(() => verify('sslserver')).toThrow();
  });

  test('contains subject, group, names and addresses', async () => {
    const { state } = await issue({
      organization: 'system:masters',
      dnsNames: ['kubernetes', 'kubernetes.default.svc'],
      ipAddresses: ['10.32.0.1', '::1'],
      usages: ['server', 'client'],
    });
    const shown = text(state.certificate);
    expect(shown).toMatch(/Subject: O = system:masters, CN = kubernetes/);
    expect(shown).toMatch(
      /DNS:kubernetes, DNS:kubernetes.default.svc, IP Address:10.32.0.1, IP Address:0:0:0:0:0:0:0:1/,
    );
    expect(shown).toMatch(/TLS Web Server Authentication, TLS Web Client Authentication/);
    expect(shown).toMatch(/Basic Constraints: critical\s+CA:FALSE/);
  });

  test('matches its key, and has a unique serial number', async () => {
    const { ca, inputs, state } = await issue();
    const again = (await certificate.create(inputs)).state;
    expect(openssl('pkey', '-in', file(state.privateKey), '-pubout')).toBe(
      openssl('x509', '-in', file(state.certificate), '-noout', '-pubkey'),
    );
    const serials = [ca, state, again].map(({ certificate: pem }) =>
      openssl('x509', '-noout', '-serial', '-in', file(pem)),
    );
    expect(new Set(serials).size).toBe(3);
  });

  test('expires at the stated time, and no later than its authority', async () => {
    const { state } = await issue();
    expect(Math.round((Date.parse(state.expires) - Date.now()) / 86_400_000)).toBe(365);
    const ca = await authority(60);
    const { state: short } = await issue({
      caCertificate: ca.certificate,
      caPrivateKey: ca.privateKey,
    });
    expect(short.expires).toBe(ca.expires);
  });

  test('is not issued with the key of another authority', async () => {
    await expect(issue({ caPrivateKey: (await authority()).privateKey })).rejects.toThrow(
      'caPrivateKey does not belong to caCertificate',
    );
    await expect(issue({ caPrivateKey: 'nonsense' })).rejects.toThrow(
      'caPrivateKey is not an ECDSA P-256 key',
    );
  });

  test('is replaced before the old one is deleted when its names or authority change or it expires soon', async () => {
    const { inputs, state } = await issue({ ipAddresses: ['10.0.0.1'] });
    const diff = (olds: any, news: any, unknown: string[] = []): Promise<any> =>
      certificate.diff!(olds, news, new Set(unknown));
    expect(await diff(state, inputs)).toMatchObject({ changed: [], replace: [] });
    expect(await diff(state, { ...inputs, ipAddresses: ['10.0.0.1', '10.0.0.2'] })).toEqual({
      changed: ['ipAddresses'],
      replace: ['ipAddresses'],
      deleteBeforeReplace: false,
    });
    const { caCertificate: _, ...rest } = inputs;
    expect(await diff(state, rest, ['caCertificate'])).toMatchObject({
      replace: ['caCertificate'],
    });
    const soon = { ...state, expires: new Date(Date.now() + 29 * 86_400_000).toISOString() };
    expect(await diff(soon, inputs)).toMatchObject({ replace: ['expires'] });
  });

  test('check reports all mistakes at once, and none in unknown inputs', async () => {
    const wrong: any = {
      caCertificate: 'x',
      commonName: '',
      dnsNames: ['a b'],
      ipAddresses: ['300.1.1.1'],
      usages: [],
      validityDays: 10,
    };
    const { failures } = await certificate.check!(wrong, undefined, new Set());
    expect(failures!.map(({ property }) => property).sort()).toEqual([
      'caCertificate',
      'caPrivateKey',
      'commonName',
      'dnsNames',
      'ipAddresses',
      'usages',
      'validityDays',
    ]);
    const fine: any = { commonName: 'a', usages: ['client'], validityDays: 365 };
    expect(
      (await certificate.check!(fine, undefined, new Set(['caCertificate', 'caPrivateKey'])))
        .failures,
    ).toEqual([]);
  });
});

describe('keys', () => {
  test('OpenSSH reads an SSH key, and its halves match', async () => {
    for (const comment of ['a', 'lab key', 'x'.repeat(37)]) {
      const { state } = await sshKey.create({ comment });
      expect(run('ssh-keygen', '-y', '-f', file(state.privateKey)).trim()).toBe(state.publicKey);
      expect(run('ssh-keygen', '-l', '-f', file(state.publicKey))).toMatch(
        /^256 SHA256:.*\(ED25519\)/,
      );
    }
  });

  test('a signing key is RSA with 2048 bits, and its halves match', async () => {
    const { state } = await signingKey.create({ comment: 'tokens' });
    expect(openssl('pkey', '-in', file(state.privateKey), '-pubout')).toBe(state.publicKey);
    expect(openssl('pkey', '-pubin', '-in', file(state.publicKey), '-noout', '-text')).toContain(
      '2048 bit',
    );
  });

  test('each key is unique, and its private half is a secret', async () => {
    const [one, other] = await Promise.all([
      sshKey.create({ comment: 'a' }),
      sshKey.create({ comment: 'a' }),
    ]);
    expect(one.state.privateKey).not.toBe(other.state.privateKey);
    expect(one.id).not.toBe(other.id);
    expect(
      [sshKey, signingKey, certificateAuthority, certificate].map(({ secrets }) =>
        secrets!.includes('privateKey'),
      ),
    ).toEqual([true, true, true, true]);
  });
});
