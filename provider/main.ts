import { version } from '../package.json';
import { localKinds } from './local';
import { serve } from './serve';
import { tlsKinds } from './tls';

serve({ ...localKinds, ...tlsKinds }, version).catch((error: Error) => {
  process.stderr.write(`the hardway provider can't start: ${error.message}\n`);
  process.exit(1);
});
