/**
 * Runs the service controller of a lab in the network namespace of its router:
 * `node bin/run.cjs provider/local/service-controller/main.ts DIRECTORY`. The directory has
 * `settings.json` and `kubeconfig`. Creates the file `synced` after the first complete round.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Api, apiAccess } from './api';
import { type ControllerSettings, ServiceController } from './controller';

function main(): void {
  const directory = process.argv.at(-1)!;
  const read = (file: string): string => fs.readFileSync(path.join(directory, file), 'utf8');
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => process.exit(0));
  const controller = new ServiceController(
    new Api(apiAccess(read('kubeconfig'))),
    JSON.parse(read('settings.json')) as ControllerSettings,
    () => fs.writeFileSync(path.join(directory, 'synced'), '', { mode: 0o600 }),
  );
  void controller.run();
}

main();
