import * as pulumi from '@pulumi/pulumi';

// Fields are declared, not defined: a field definition would overwrite the output that the base class has set.

export interface SshKeyArgs {
  /** What tells the key from others where it is listed; one line. */
  comment: pulumi.Input<string>;
}

/** An ed25519 key pair for SSH: for people and for hosts. */
export class SshKey extends pulumi.CustomResource {
  declare readonly comment: pulumi.Output<string>;
  /** One line of authorized_keys: `ssh-ed25519 BASE64 COMMENT`. */
  declare readonly publicKey: pulumi.Output<string>;
  /** Secret. OpenSSH's own PEM form. */
  declare readonly privateKey: pulumi.Output<string>;

  constructor(name: string, args: SshKeyArgs, options?: pulumi.CustomResourceOptions) {
    super('hardway:tls:SshKey', name, { ...args, publicKey: undefined, privateKey: undefined }, options);
  }
}

export interface SigningKeyArgs {
  /** What the key is for; one line. */
  comment: pulumi.Input<string>;
}

/** An RSA key pair of 2048 bits that service-account tokens are signed with. */
export class SigningKey extends pulumi.CustomResource {
  declare readonly comment: pulumi.Output<string>;
  /** PEM, SubjectPublicKeyInfo. */
  declare readonly publicKey: pulumi.Output<string>;
  /** Secret. PEM, PKCS8. */
  declare readonly privateKey: pulumi.Output<string>;

  constructor(name: string, args: SigningKeyArgs, options?: pulumi.CustomResourceOptions) {
    super('hardway:tls:SigningKey', name, { ...args, publicKey: undefined, privateKey: undefined }, options);
  }
}

export interface CertificateAuthorityArgs {
  commonName: pulumi.Input<string>;
  /** More than 30: it is made anew 30 days before it ends, and all its certificates with it. */
  validityDays: pulumi.Input<number>;
}

/** A certificate authority of the lab's own: self-signed, ECDSA on P-256. */
export class CertificateAuthority extends pulumi.CustomResource {
  declare readonly commonName: pulumi.Output<string>;
  declare readonly validityDays: pulumi.Output<number>;
  /** PEM. */
  declare readonly certificate: pulumi.Output<string>;
  /** Secret. PEM, PKCS8. */
  declare readonly privateKey: pulumi.Output<string>;
  /** When the certificate ends, ISO 8601. */
  declare readonly expires: pulumi.Output<string>;

  constructor(name: string, args: CertificateAuthorityArgs, options?: pulumi.CustomResourceOptions) {
    super('hardway:tls:CertificateAuthority', name, { ...args, certificate: undefined, privateKey: undefined, expires: undefined }, options);
  }
}

export interface CertificateArgs {
  /** The authority's certificate, PEM. */
  caCertificate: pulumi.Input<string>;
  /** The authority's key, PEM. */
  caPrivateKey: pulumi.Input<string>;
  /** Kubernetes reads it as the user. */
  commonName: pulumi.Input<string>;
  /** Kubernetes reads it as the group. */
  organization?: pulumi.Input<string>;
  /** Names that a server answers to. */
  dnsNames?: pulumi.Input<pulumi.Input<string>[]>;
  /** Addresses that a server answers at. */
  ipAddresses?: pulumi.Input<pulumi.Input<string>[]>;
  /** What the holder may be: one or both. */
  usages: pulumi.Input<pulumi.Input<'client' | 'server'>[]>;
  /** More than 30: it is made anew 30 days before it ends. It never outlives its authority. */
  validityDays: pulumi.Input<number>;
}

/** A certificate and its key, signed by the lab's authority. Any change makes a new one. */
export class Certificate extends pulumi.CustomResource {
  declare readonly commonName: pulumi.Output<string>;
  declare readonly organization: pulumi.Output<string | undefined>;
  declare readonly dnsNames: pulumi.Output<string[] | undefined>;
  declare readonly ipAddresses: pulumi.Output<string[] | undefined>;
  declare readonly usages: pulumi.Output<('client' | 'server')[]>;
  declare readonly validityDays: pulumi.Output<number>;
  /** PEM; the authority's certificate is not in it. */
  declare readonly certificate: pulumi.Output<string>;
  /** Secret. PEM, PKCS8. */
  declare readonly privateKey: pulumi.Output<string>;
  /** When the certificate ends, ISO 8601. */
  declare readonly expires: pulumi.Output<string>;

  constructor(name: string, args: CertificateArgs, options?: pulumi.CustomResourceOptions) {
    super('hardway:tls:Certificate', name, { ...args, certificate: undefined, privateKey: undefined, expires: undefined }, options);
  }
}
