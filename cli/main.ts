import { main } from './program';
import { knownPools } from './lab/known-pools';
import { bypassProxies } from '../util/proxies';
import { handBack } from './hand-back';

// Whoever reads the output may stop early (`| head`); the work under way goes on.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

// For the engine, its plugins, kubectl and everything else that this process starts.
bypassProxies(knownPools());

process.on('exit', () => handBack());

void main(process.argv.slice(2)).then((code) => {
  // What was printed reaches a pipe first; then connections that idle don't hold the command up.
  process.stdout.write('', () => process.exit(code));
});
