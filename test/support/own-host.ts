import * as os from 'node:os';
import * as path from 'node:path';

// No unit test reads or writes the register of this host's real labs.
process.env.HARDWAY_HOST ??= path.join(os.tmpdir(), `hardway-unit-host-${process.pid}`);
