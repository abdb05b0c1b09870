import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { listOf } from '../../util/optional';
import { validity } from './validity';

// The library uses the platform's cryptography. The types of both differ only in name.
x509.cryptoProvider.set(webcrypto as unknown as Crypto);

/** ECDSA on P-256 with SHA-256: small, fast, and supported by every program of a lab. */
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** A certificate and its key, both PEM. `expires` is ISO 8601. */
export interface Issued {
  certificate: string;
  privateKey: string;
  expires: string;
}

export interface Subject {
  commonName: string;
  /** Organization; Kubernetes uses it as the group. */
  organization?: string;
}

export interface Request extends Subject {
  dnsNames?: string[];
  ipAddresses?: string[];
  usages: ('client' | 'server')[];
  validityDays: number;
}

const name = ({ organization, commonName }: Subject): x509.JsonName => [
  ...listOf(organization).map((unit) => ({ O: [unit] })),
  { CN: [commonName] },
];

const generate = (): Promise<CryptoKeyPair> =>
  webcrypto.subtle.generateKey(ALGORITHM, true, [
    'sign',
    'verify',
  ]) as unknown as Promise<CryptoKeyPair>;

/** Returns 16 random bytes that are a positive number without a leading zero byte. */
function serialNumber(): string {
  const bytes = Buffer.from(webcrypto.getRandomValues(new Uint8Array(16)));
  bytes[0] = (bytes[0] & 0x7f) | 0x40;
  return bytes.toString('hex');
}

async function issued(certificate: x509.X509Certificate, key: CryptoKey): Promise<Issued> {
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', key as unknown as webcrypto.CryptoKey);
  return {
    certificate: `${certificate.toString('pem')}\n`,
    privateKey: `${x509.PemConverter.encode(pkcs8, 'PRIVATE KEY')}\n`,
    expires: certificate.notAfter.toISOString(),
  };
}

/** Issues a self-signed certificate authority that may not sign further authorities. */
export async function issueAuthority(commonName: string, validityDays: number): Promise<Issued> {
  const keys = await generate();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: name({ commonName }),
    serialNumber: serialNumber(),
    ...validity(validityDays),
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.keyCertSign |
          x509.KeyUsageFlags.cRLSign |
          x509.KeyUsageFlags.digitalSignature,
        true,
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return issued(certificate, keys.privateKey);
}

/**
 * Parses an authority's key. Throws an Error if it is not an ECDSA P-256 key in PKCS8 PEM, or does
 * not match the certificate.
 */
async function authorityKey(
  authority: x509.X509Certificate,
  privateKey: string,
): Promise<CryptoKey> {
  let key: webcrypto.CryptoKey;
  try {
    key = await webcrypto.subtle.importKey(
      'pkcs8',
      x509.PemConverter.decodeFirst(privateKey),
      ALGORITHM,
      true,
      ['sign'],
    );
  } catch {
    throw new Error('caPrivateKey is not an ECDSA P-256 key in PKCS8 form');
  }
  const { x, y } = await webcrypto.subtle.exportKey('jwk', key);
  const certified = (await authority.publicKey.export(
    webcrypto as unknown as Crypto,
  )) as unknown as webcrypto.CryptoKey;
  const own = await webcrypto.subtle.exportKey('jwk', certified);
  if (x !== own.x || y !== own.y) throw new Error('caPrivateKey does not belong to caCertificate');
  return key as unknown as CryptoKey;
}

/** Returns the extension with a certificate's names and addresses; empty if it has none. */
function alternativeNames({ dnsNames = [], ipAddresses = [] }: Request): x509.Extension[] {
  if (dnsNames.length + ipAddresses.length === 0) return [];
  return [
    new x509.SubjectAlternativeNameExtension([
      ...dnsNames.map((value) => ({ type: 'dns' as const, value })),
      ...ipAddresses.map((value) => ({ type: 'ip' as const, value })),
    ]),
  ];
}

/**
 * Issues a certificate signed by the authority. Throws an Error if the authority's certificate and
 * key do not match.
 */
export async function issueCertificate(
  caCertificate: string,
  caPrivateKey: string,
  request: Request,
): Promise<Issued> {
  const authority = new x509.X509Certificate(caCertificate);
  const signingKey = await authorityKey(authority, caPrivateKey);
  const keys = await generate();
  const { client, server } = {
    client: x509.ExtendedKeyUsage.clientAuth,
    server: x509.ExtendedKeyUsage.serverAuth,
  };

  const time = validity(request.validityDays);
  const certificate = await x509.X509CertificateGenerator.create({
    subject: name(request),
    issuer: authority.subjectName,
    serialNumber: serialNumber(),
    notBefore: time.notBefore,
    // A certificate must not outlive its authority: verification of the chain would fail.
    notAfter: time.notAfter < authority.notAfter ? time.notAfter : authority.notAfter,
    publicKey: keys.publicKey,
    signingKey,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension(
        [...new Set(request.usages)].map((usage) => ({ client, server })[usage]),
      ),
      await x509.AuthorityKeyIdentifierExtension.create(authority, false),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      ...alternativeNames(request),
    ],
  });
  return issued(certificate, keys.privateKey);
}
