import { version } from '../package.json';
import { kinds } from './kinds';
import { serve } from './protocol/serve';
import schema from './schema.json';

// The engine may run with a private umask, but users in nodes must be able to read node files.
process.umask(0o022);

serve({ kinds, version, schema: { ...schema, version } }).catch((error: Error) => {
  process.stderr.write(`the hardway provider can't start: ${error.message}\n`);
  process.exit(1);
});
