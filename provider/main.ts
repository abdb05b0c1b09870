import { version } from '../package.json';
import { labIdKinds } from './lab-id';
import { localKinds } from './local';
import { serve } from './protocol/serve';
import { reachableKinds } from './reachable';
import { timeKinds } from './time';
import { tlsKinds } from './tls';

// The engine may run with a private umask, but users in nodes must be able to read node files.
process.umask(0o022);

const kinds = { ...labIdKinds, ...localKinds, ...reachableKinds, ...timeKinds, ...tlsKinds };

serve(kinds, version).catch((error: Error) => {
  process.stderr.write(`the hardway provider can't start: ${error.message}\n`);
  process.exit(1);
});
