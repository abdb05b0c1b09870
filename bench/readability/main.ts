/**
 * `npm run readability [-- --list]`: figures of the code's and the docs' form, as a table.
 * `--list` also prints each place that misses the style guide. Exit code 1 when a figure misses its limit.
 * `--wrap` only wraps the long lines of Markdown pages, as a part of `npm run format`.
 */
import { textIf } from '../../util/optional';
import { root } from '../../util/repo-root';
import { figuresOf, findingsOf, formatFigures, LIMITS, missedLimits, wrapPages } from './figures';

function printFigures(): void {
  const figures = figuresOf(root);
  process.stdout.write(`${formatFigures(figures, LIMITS)}\n`);
  if (missedLimits(figures).length > 0) process.exitCode = 1;
}

function printFindings(): void {
  for (const [title, places] of Object.entries(findingsOf(root))) {
    process.stdout.write(`\n${title}\n`);
    for (const { file, line, text } of places) {
      process.stdout.write(`${file}${textIf(line > 0, `:${line}`)}  ${text}\n`);
    }
  }
}

if (process.argv.includes('--wrap')) {
  for (const file of wrapPages(root)) process.stdout.write(`${file} wrapped\n`);
} else {
  printFigures();
  if (process.argv.includes('--list')) printFindings();
}
