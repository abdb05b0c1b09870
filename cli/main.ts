import { main } from './program';
import { knownPools } from './lab/known-pools';
import { bypassProxies } from '../util/proxies';
import { handBack } from './hand-back';

// A reader of the output may stop early (`| head`); the command continues.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

// For the engine, its plugins, kubectl and everything else that this process starts.
bypassProxies(knownPools());

process.on('exit', () => handBack());

void main(process.argv.slice(2)).then((code) => {
  // The output reaches a pipe first. The explicit exit then closes idle connections.
  process.stdout.write('', () => process.exit(code));
});
