import { generateKeyPairSync, randomBytes } from 'node:crypto';

const ALGORITHM = 'ssh-ed25519';

/** A field of the SSH wire format: its length in four bytes, then itself. */
function field(content: Buffer | string): Buffer {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** The private section's length must be a multiple of the cipher's block; eight where there is no cipher. */
function padded(section: Buffer): Buffer {
  const missing = (8 - (section.length % 8)) % 8;
  return Buffer.concat([
    section,
    Buffer.from(Array.from({ length: missing }, (_, index) => index + 1)),
  ]);
}

/**
 * A new ed25519 key pair as OpenSSH writes it (PROTOCOL.key): ssh reads no other form of ed25519 private keys,
 * and Go's x/crypto/ssh reads this one too. `publicKey` is one line of authorized_keys, without a line end.
 */
export function generateSshKey(comment: string): { publicKey: string; privateKey: string } {
  const jwk = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  const [secret, point] = [Buffer.from(jwk.d!, 'base64url'), Buffer.from(jwk.x!, 'base64url')];
  const publicBlob = Buffer.concat([field(ALGORITHM), field(point)]);
  // Written twice: whoever decrypts the section sees from their equality that the passphrase was right.
  const check = randomBytes(4);
  const section = Buffer.concat([
    check,
    check,
    field(ALGORITHM),
    field(point),
    field(Buffer.concat([secret, point])),
    field(comment),
  ]);
  const one = Buffer.from([0, 0, 0, 1]);
  // No cipher, no key derivation, no options for it; one key.
  const header = [Buffer.from('openssh-key-v1\0'), field('none'), field('none'), field(''), one];
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
