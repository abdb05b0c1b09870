import type { ResourceKind } from '../protocol/resource-kind';
import { certificate, certificateAuthority, signingKey, sshKey } from './kinds';

/** Resource kinds for keys and certificates, by token. */
export const tlsKinds: Record<string, ResourceKind<any, any>> = {
  'hardway:tls:SshKey': sshKey,
  'hardway:tls:CertificateAuthority': certificateAuthority,
  'hardway:tls:Certificate': certificate,
  'hardway:tls:SigningKey': signingKey,
};
