import { createHash, generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import { changedInputs } from '../protocol/diff';
import type { Difference, Failure, Properties, ResourceKind } from '../protocol/resource-kind';
import { Mistakes } from './mistakes';
import { generateSshKey } from './ssh';
import { nearExpiry } from './validity';
import type { Issued, Request } from './x509';

/** Returns a resource's id: a digest of public data, which reveals nothing about the key. */
const idOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);

/**
 * Loads the X.509 library on first use, because that takes longer than the rest of the provider's
 * start.
 */
const x509 = (): typeof import('./x509') => require('./x509');

type Validate = (mistakes: Mistakes) => Mistakes;

/** Returns the `check` of a kind without defaults. */
const checking =
  (validate: Validate) =>
  async (
    news: Properties,
    _olds: unknown,
    unknown: Set<string>,
  ): Promise<{ inputs: Properties; failures: Failure[] }> => ({
    inputs: news,
    failures: validate(new Mistakes(news, unknown)).failures,
  });

/**
 * Returns a kind with resources that exist only in the state. There is nothing to read or to
 * delete, and a replacement can be created before the old one is deleted.
 */
function stateOnly<Inputs extends Properties, State extends Inputs>(
  validate: Validate,
  names: string[],
  make: (inputs: Inputs) => Promise<{ id: string; state: State }>,
): ResourceKind<Inputs, State> {
  return {
    secrets: ['privateKey'],
    check: checking(validate),
    async diff(olds, news, unknown): Promise<Difference> {
      const relevant = Object.fromEntries(
        names.filter((name) => name in olds).map((name) => [name, olds[name]]),
      );
      const changed = changedInputs(relevant, relevant, news, unknown);
      if (typeof olds.expires === 'string' && nearExpiry(olds.expires)) changed.push('expires');
      return { changed, replace: changed, deleteBeforeReplace: false };
    },
    create: make,
    async delete() {},
  };
}

interface Comment {
  comment: string;
}

interface KeyPair extends Comment {
  publicKey: string;
  privateKey: string;
}

/** An ed25519 key pair for SSH, for users and for hosts. */
export const sshKey = stateOnly<Comment, KeyPair>(
  (mistakes) => mistakes.line('comment', { longest: 256 }),
  ['comment'],
  async ({ comment }) => {
    const keys = generateSshKey(comment);
    return { id: idOf(keys.publicKey), state: { comment, ...keys } };
  },
);

/**
 * Key pair that signs service-account tokens. RSA, because every version of Kubernetes accepts it.
 */
export const signingKey = stateOnly<Comment, KeyPair>(
  (mistakes) => mistakes.line('comment', { longest: 256 }),
  ['comment'],
  async ({ comment }) => {
    const keys = await promisify(generateKeyPair)('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
    return {
      id: idOf(keys.publicKey),
      state: { comment, publicKey: keys.publicKey, privateKey: keys.privateKey },
    };
  },
);

interface AuthorityInputs {
  commonName: string;
  validityDays: number;
}

/** A lab's own certificate authority. */
export const certificateAuthority = stateOnly<AuthorityInputs, AuthorityInputs & Issued>(
  (mistakes) => mistakes.line('commonName').days('validityDays'),
  ['commonName', 'validityDays'],
  async (inputs) => {
    const made = await x509().issueAuthority(inputs.commonName, inputs.validityDays);
    return { id: idOf(made.certificate), state: { ...inputs, ...made } };
  },
);

interface CertificateInputs extends Request {
  caCertificate: string;
  caPrivateKey: string;
}

/** A certificate that the lab's authority signs, for a client, a server or both. */
export const certificate: ResourceKind<CertificateInputs, CertificateInputs & Issued> = {
  ...stateOnly<CertificateInputs, CertificateInputs & Issued>(
    (mistakes) =>
      mistakes
        .pem('caCertificate', 'CERTIFICATE')
        .pem('caPrivateKey', 'PRIVATE KEY')
        .line('commonName')
        .line('organization', { optional: true })
        .dnsNames('dnsNames')
        .ipAddresses('ipAddresses')
        .someOf('usages', ['client', 'server'])
        .days('validityDays'),
    [
      'caCertificate',
      'caPrivateKey',
      'commonName',
      'organization',
      'dnsNames',
      'ipAddresses',
      'usages',
      'validityDays',
    ],
    async (inputs) => {
      const made = await x509().issueCertificate(inputs.caCertificate, inputs.caPrivateKey, inputs);
      return { id: idOf(made.certificate), state: { ...inputs, ...made } };
    },
  ),
  secrets: ['caPrivateKey', 'privateKey'],
};
