import { serve } from '../provider/protocol/serve';
import { remoteCommand } from './command';

/** Version of the official plugin that the stand-in replaces. */
const VERSION = '1.2.1';

// No schema: the official plugin's covers resources that the stand-in lacks.
serve({ kinds: { 'command:remote:Command': remoteCommand }, version: VERSION }).catch(
  (error: Error) => {
    process.stderr.write(`the stand-in for the command plugin can't start: ${error.message}\n`);
    process.exit(1);
  },
);
