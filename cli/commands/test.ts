import * as path from 'node:path';
import type { Command } from 'commander';
import { root } from '../../util/repo-root';
import { runInForeground } from '../ui/foreground';

export function register(program: Command): void {
  program
    .command('test')
    .description('run every test of this project, with real labs (npm test does this)')
    .action(async () => {
      process.exitCode = await runInForeground(path.join(root, 'bin', 'test.sh'), []);
    });
}
