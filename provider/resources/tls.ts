import type * as pulumi from '@pulumi/pulumi';
import { resource } from './resource';

export interface SshKeyArgs {
  /** Comment that identifies the key in lists; one line. */
  comment: pulumi.Input<string>;
}

interface SshKeyComputed {
  /** One line of authorized_keys: `ssh-ed25519 BASE64 COMMENT`. */
  publicKey: string;
  /** Secret. OpenSSH's own PEM form. */
  privateKey: string;
}

/** An ed25519 key pair for SSH, for users and for hosts. */
export class SshKey extends resource<SshKeyArgs, SshKeyComputed>(
  'hardway:tls:SshKey',
  'publicKey',
  'privateKey',
) {}

export interface SigningKeyArgs {
  /** Purpose of the key; one line. */
  comment: pulumi.Input<string>;
}

interface SigningKeyComputed {
  /** PEM, SubjectPublicKeyInfo. */
  publicKey: string;
  /** Secret. PEM, PKCS8. */
  privateKey: string;
}

/** An RSA key pair of 2048 bits that service-account tokens are signed with. */
export class SigningKey extends resource<SigningKeyArgs, SigningKeyComputed>(
  'hardway:tls:SigningKey',
  'publicKey',
  'privateKey',
) {}

export interface CertificateAuthorityArgs {
  commonName: pulumi.Input<string>;
  /** More than 30. The authority and its certificates are recreated 30 days before it expires. */
  validityDays: pulumi.Input<number>;
}

interface CertificateAuthorityComputed {
  /** PEM. */
  certificate: string;
  /** Secret. PEM, PKCS8. */
  privateKey: string;
  /** Expiry of the certificate, ISO 8601. */
  expires: string;
}

/** A lab's own certificate authority: self-signed, ECDSA on P-256. */
export class CertificateAuthority extends resource<
  CertificateAuthorityArgs,
  CertificateAuthorityComputed
>('hardway:tls:CertificateAuthority', 'certificate', 'privateKey', 'expires') {}

export interface CertificateArgs {
  /** The authority's certificate, PEM. */
  caCertificate: pulumi.Input<string>;
  /** Secret: the authority's key, PEM. */
  caPrivateKey: pulumi.Input<string>;
  /** Common name; Kubernetes uses it as the user. */
  commonName: pulumi.Input<string>;
  /** Organization; Kubernetes uses it as the group. */
  organization?: pulumi.Input<string>;
  /** Names that a server answers to. */
  dnsNames?: pulumi.Input<pulumi.Input<string>[]>;
  /** Addresses that a server answers at. */
  ipAddresses?: pulumi.Input<pulumi.Input<string>[]>;
  /** Permitted roles of the holder: one or both. */
  usages: pulumi.Input<pulumi.Input<'client' | 'server'>[]>;
  /**
   * More than 30. The certificate is recreated 30 days before it expires. It expires no later than
   * its authority.
   */
  validityDays: pulumi.Input<number>;
}

interface CertificateComputed {
  /** PEM; the authority's certificate is not in it. */
  certificate: string;
  /** Secret. PEM, PKCS8. */
  privateKey: string;
  /** Expiry of the certificate, ISO 8601. */
  expires: string;
}

/** A certificate and its key, signed by the lab's authority. Any change replaces it. */
export class Certificate extends resource<CertificateArgs, CertificateComputed>(
  'hardway:tls:Certificate',
  'certificate',
  'privateKey',
  'expires',
) {}
