/**
 * `npm run docs`: writes docs/reference from the command line and the config, and provider/schema.json
 * from the resource classes. Run it after a change of these; a unit test fails until then.
 */
import { root } from '../../util/repo-root';
import { writeReference } from './files';

for (const file of writeReference(root)) process.stdout.write(`${file}\n`);
