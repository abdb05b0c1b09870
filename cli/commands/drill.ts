import type { Command } from 'commander';
import { installed } from '../actions/ensure-toolchain';
import type { Drill } from '../drills/drill';
import { drillNames, findDrill, mistaken, readDrills } from '../drills/loader';
import { openDrillLab } from '../drills/open-lab';
import { readRecord } from '../drills/record';
import { renderEnd, renderList, renderSymptom, renderTrials, renderWrong } from '../drills/render';
import { check, hint, type Outcome, running, solve, start, stop } from '../drills/session';
import { type Trial, type TrialLab, tryDrill } from '../drills/trial';
import { EXIT, exitCodeOf, usage } from '../errors';
import { installCure, onlyLocal } from '../lab/access';
import { labArgument, type LabRef, parseLab } from '../lab/name';
import { progressOn } from '../ui/progress';
import { print, printJson } from '../ui/prompt';

/** Throws a usage Failure for a lab in a cloud. */
function refuseCloud(lab: LabRef): void {
  if (lab.cloud !== 'local') throw onlyLocal(lab, 'drills', './lab drill list');
}

/** Opens a lab, does `work` with progress output and closes it. */
async function onLab(lab: LabRef, work: (lab: TrialLab) => Promise<void>): Promise<void> {
  refuseCloud(lab);
  const toolchain = await installed(installCure(lab));
  const progress = progressOn();
  const show = (text: string): void => void process.stdout.write(text);
  try {
    await work(await openDrillLab(lab, { toolchain, progress, show }));
  } finally {
    progress.close();
  }
}

/** Parses the words `[NAME] DRILL`. */
export function parseStart(words: string[]): { lab: LabRef; drill: Drill } {
  if (words.length === 0) throw usage('Missing drill.', './lab drill list');
  if (words.length > 2)
    throw usage(
      `./lab drill start takes NAME and DRILL, not: ${words.join(' ')}`,
      './lab drill start s01 wrong-turn',
    );
  const [drill, name] = [...words].reverse();
  return { lab: parseLab(name), drill: findDrill(drill) };
}

/** Returns the drill that runs on a lab; `undefined` if its folder does not exist any more. */
const drillOf = (lab: TrialLab): Drill | undefined =>
  readDrills().drills.find(({ name }) => name === running(lab).drill);

async function runStart(words: string[]): Promise<void> {
  const { lab, drill } = parseStart(words);
  await onLab(lab, async (open) => {
    await start(open, drill);
    print(`\n${renderSymptom(drill, open.argument)}`);
  });
}

function printOutcome({ report, ended }: Outcome, drill: Drill | undefined, lab: LabRef): void {
  if (ended) return print(`\n${renderEnd(ended, drill)}`);
  print(`\n${renderWrong(report)}`);
  print(`\nTo do: ./lab drill hint${labArgument(lab)}`);
  process.exitCode = EXIT.failed;
}

const runCheck = (name: string | undefined): Promise<void> =>
  onLab(parseLab(name), async (open) => {
    const drill = drillOf(open);
    printOutcome(await check(open, drill), drill, parseLab(name));
  });

/** Returns the drill that runs on a lab. Throws a usage Failure if its folder does not exist. */
const knownDrill = (lab: TrialLab): Drill => findDrill(running(lab).drill);

const runHint = (name: string | undefined): Promise<void> =>
  onLab(parseLab(name), async (open) => {
    const { number, of, text } = await hint(open, knownDrill(open));
    print(`Hint ${number} of ${of}: ${text}`);
  });

const runSolve = (name: string | undefined): Promise<void> =>
  onLab(parseLab(name), async (open) => {
    const drill = knownDrill(open);
    printOutcome(await solve(open, drill), drill, parseLab(name));
  });

const runStop = (name: string | undefined): Promise<void> =>
  onLab(parseLab(name), async (open) => {
    const drill = drillOf(open);
    print(`\n${renderEnd(await stop(open, drill), drill)}`);
  });

function runList(name: string | undefined, { json }: { json?: boolean }): void {
  const lab = parseLab(name);
  refuseCloud(lab);
  const { drills, mistakes } = readDrills();
  const record = readRecord(lab.stack);
  if (json) {
    printJson({
      drills: drills.map(({ name: drill, title, chapter, stage, workers, minutes }) => ({
        ...{ name: drill, title, chapter, stage, workers, minutes },
      })),
      ...record,
    });
  } else {
    print(renderList(drills, record));
    const current = drills.find((drill) => drill.name === record.running?.drill);
    if (current) print(`\n${renderSymptom(current, labArgument(lab))}`);
  }
  if (mistakes.length > 0) throw mistaken(mistakes);
}

/** Splits the words of `./lab drill test`: NAME (optional), then drills. Without drills, all are meant. */
export function parseTest(words: string[], read = readDrills()): { lab: LabRef; drills: Drill[] } {
  const rest = [...words];
  let name: string | undefined;
  if (words.length > 0 && !drillNames(read).includes(words[0])) name = rest.shift();
  const lab = parseLab(name);
  if (rest.length > 0) return { lab, drills: rest.map((word) => findDrill(word, read)) };
  if (read.mistakes.length > 0) throw mistaken(read.mistakes);
  return { lab, drills: read.drills };
}

const runTest = async (words: string[]): Promise<void> => {
  const { lab, drills } = parseTest(words);
  await onLab(lab, async (open) => {
    const trials: Trial[] = [];
    for (const drill of drills) {
      print(`\n${drill.name}: ${drill.cause}`);
      let last = trials.at(-1)?.report;
      if (last?.failed !== 0) last = undefined;
      trials.push(await tryDrill(open, drill, last));
      print(renderTrials(trials.slice(-1)));
    }
    if (trials.length > 1) print(`\n${renderTrials(trials)}`);
    process.exitCode = exitCodeOf(trials.every(({ problems }) => problems.length === 0));
  });
};

export function register(program: Command): void {
  const group = program
    .command('drill')
    .description('find and repair a fault in a local lab: list, start, hint, check, solve, stop');
  group
    .command('list [NAME]')
    .description('list the drills, their results on a lab, and the running drill')
    .option('--json', 'print one JSON object')
    .action(runList);
  group
    .command('start')
    .usage('[NAME] DRILL')
    .argument('[WORDS...]', 'NAME (optional), and a drill of ./lab drill list')
    .description('break a lab, and show what a user reports')
    .action(runStart);
  group
    .command('check [NAME]')
    .description('run the checks and say what is still wrong; end the drill if all pass')
    .action(runCheck);
  group.command('hint [NAME]').description('show the next hint').action(runHint);
  group
    .command('solve [NAME]')
    .description('type the solution in a terminal on the node, then run the checks')
    .action(runSolve);
  group
    .command('stop [NAME]')
    .description('repair the lab and end the drill; continues after an interruption')
    .action(runStop);
  group
    .command('test')
    .usage('[NAME] [DRILL...]')
    .argument('[WORDS...]', 'NAME of a lab (optional), then drills; without a drill, all are tried')
    .description(
      'try drills on a healthy lab: break, wrong repair, typed solution, no difference left',
    )
    .action(runTest);
}
