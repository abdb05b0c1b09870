import { version } from '../package.json';
import { localKinds } from './local';
import { serve } from './protocol/serve';
import { timeKinds } from './time';
import { tlsKinds } from './tls';

// The engine may run with a private umask, but users in nodes must be able to read node files.
process.umask(0o022);

serve({ ...localKinds, ...timeKinds, ...tlsKinds }, version).catch((error: Error) => {
  process.stderr.write(`the hardway provider can't start: ${error.message}\n`);
  process.exit(1);
});
