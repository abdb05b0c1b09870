/**
 * Runs the registry that a lab's nodes pull from, in the network namespace of the VPC's router:
 * `node bin/run.cjs provider/local/image-mirror/main.ts --listen 10.240.0.1:5000 --images DIR`.
 * Prints one line as soon as it listens. Exits at once on SIGTERM or SIGINT.
 */
import { parseArgs } from 'node:util';
import { registryServer } from './registry';

function fail(message: string): never {
  process.stderr.write(`mirror: ${message}\n`);
  process.exit(2);
}

function main(): void {
  const { values } = parseArgs({
    options: { listen: { type: 'string' }, images: { type: 'string' } },
  });
  const address = /^(.+):(\d+)$/.exec(values.listen ?? '');
  if (!address || values.images === undefined)
    fail('give --listen ADDRESS:PORT and --images DIRECTORY');
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => process.exit(0));
  const server = registryServer(values.images);
  server.on('error', (error) => fail(`can't listen on ${values.listen}: ${error.message}`));
  server.listen(Number(address[2]), address[1], () =>
    process.stdout.write(`listening on ${values.listen}\n`),
  );
}

main();
