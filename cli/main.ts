import { main } from './program';
import { handBack } from './hand-back';

// Whoever reads the output may stop early (`| head`); the work under way goes on.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

process.on('exit', () => handBack());

void main(process.argv.slice(2)).then((code) => {
  // What was printed reaches a pipe first; then connections that idle don't hold the command up.
  process.stdout.write('', () => process.exit(code));
});
