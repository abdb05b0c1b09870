import type { Command } from 'commander';
import { allChecks, renderList, select } from '../../checks';
import { check, reportOnNothing, showReport } from '../actions/verify';
import { findLab, installCure } from '../lab/access';
import { Engine } from '../engine';
import { EXIT, exitCodeOf, Failure, usage } from '../errors';
import { labArgument, parseLab } from '../lab/name';
import { nearest } from '../../util/suggest';
import { progressOn, progressScreen } from '../ui/progress';
import { installed } from '../actions/ensure-toolchain';
import { print, printJson } from '../ui/prompt';
import { collectLists } from './options';

interface Options {
  json?: boolean;
  only?: string[];
  list?: boolean;
}

/**
 * Throws one usage Failure that lists every unknown check. `only` is `undefined` without --only.
 */
function refuseMistakes(name: string | undefined, only: string[] | undefined): void {
  const ids = allChecks.map((one) => one.id);
  if (name !== undefined && ids.includes(name))
    throw usage(`"${name}" is a check, not the NAME of a lab.`, `./lab verify --only ${name}`);
  if (only?.length === 0) throw usage('--only names no check.', './lab verify --list shows all');
  const unknown = (only ?? []).filter((id) => !ids.includes(id));
  if (unknown.length === 0) return;
  const lines = unknown.map((id) => `No check is called "${id}"${nearest(id, ids)}.`);
  throw usage(lines.join('\n'), './lab verify --list shows all');
}

async function verifyLab(
  name: string | undefined,
  { json, only: asked, list }: Options,
): Promise<number> {
  refuseMistakes(name, asked);
  const lab = parseLab(name);
  const only = asked ?? [];
  if (list) {
    const chosen = select(only);
    if (json)
      printJson(
        chosen.map(({ id, title, node, command, expected }) => ({
          id,
          title,
          node,
          command,
          expected,
        })),
      );
    else print(renderList(chosen));
    return EXIT.well;
  }
  const toolchain = await installed(installCure(lab));
  const up = await findLab(await Engine.open(toolchain), lab);
  // A program gets the whole JSON report, with every check failed; a person gets one line.
  if (!up && !json)
    throw new Failure(
      `Lab ${lab.stack} is not up, so every check fails.`,
      EXIT.failed,
      `./lab up${labArgument(lab)}`,
    );
  // With --json, standard output holds only JSON.
  const progress = progressOn(progressScreen({ json }));
  try {
    const nothing = reportOnNothing(lab);
    const report = up
      ? await check(up, toolchain.kubectl, only, progress)
      : {
          ...nothing,
          checks: nothing.checks.filter((one) => only.length === 0 || only.includes(one.id)),
        };
    if (!up) report.failed = report.checks.length;
    progress.close();
    if (!json) return showReport(report);
    printJson(report);
    return exitCodeOf(report.failed === 0);
  } finally {
    progress.close();
  }
}

export function register(program: Command): void {
  program
    .command('verify [NAME]')
    .description(
      'run the checks, one for each row of the article; exit 0 only if all that apply pass',
    )
    .option('--json', 'print one JSON object')
    .option('--only <ID>', 'only this check; repeatable, or with commas', collectLists)
    .option('--list', 'print the command and the expected output of each check; runs nothing')
    .action(
      async (name: string | undefined, options: Options) =>
        void (process.exitCode = await verifyLab(name, options)),
    );
}
