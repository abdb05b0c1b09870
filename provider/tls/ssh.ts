import { generateKeyPairSync, randomBytes } from 'node:crypto';

const ALGORITHM = 'ssh-ed25519';

/** Encodes a field of the SSH wire format: its length in four bytes, then its content. */
function field(content: Buffer | string): Buffer {
  let bytes = content;
  if (typeof bytes === 'string') bytes = Buffer.from(bytes);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** Pads the private section to a multiple of the cipher's block size: 8 without a cipher. */
function padded(section: Buffer): Buffer {
  const missing = (8 - (section.length % 8)) % 8;
  return Buffer.concat([
    section,
    Buffer.from(Array.from({ length: missing }, (_, index) => index + 1)),
  ]);
}

/**
 * Generates an ed25519 key pair in OpenSSH's format (PROTOCOL.key), the only one for ed25519 that
 * ssh reads. Go's x/crypto/ssh reads it too. `publicKey` is a line of authorized_keys without a
 * line end.
 */
export function generateSshKey(comment: string): { publicKey: string; privateKey: string } {
  const jwk = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  const secret = Buffer.from(jwk.d!, 'base64url');
  const point = Buffer.from(jwk.x!, 'base64url');
  const publicBlob = Buffer.concat([field(ALGORITHM), field(point)]);
  // Written twice: equal values prove that the section was decrypted with the right passphrase.
  const check = randomBytes(4);
  const section = Buffer.concat([
    check,
    check,
    field(ALGORITHM),
    field(point),
    field(Buffer.concat([secret, point])),
    field(comment),
  ]);
  const keyCount = Buffer.from([0, 0, 0, 1]);
  // Cipher, key derivation and its options (none), then the number of keys.
  const header = [
    Buffer.from('openssh-key-v1\0'),
    field('none'),
    field('none'),
    field(''),
    keyCount,
  ];
  const file = Buffer.concat([...header, field(publicBlob), field(padded(section))]);
  const lines = file.toString('base64').match(/.{1,70}/g)!;
  return {
    publicKey: `${ALGORITHM} ${publicBlob.toString('base64')} ${comment}`,
    privateKey: [
      '-----BEGIN OPENSSH PRIVATE KEY-----',
      ...lines,
      '-----END OPENSSH PRIVATE KEY-----',
      '',
    ].join('\n'),
  };
}
