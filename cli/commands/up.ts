import * as fs from 'node:fs';
import type { Command } from 'commander';
import { STAGES } from '../../components/config';
import { needsOf } from '../account/needs';
import { formatPrice, untilReaped } from '../account/prices';
import { bringUp } from '../actions/up';
import { takeOver } from '../actions/take-over';
import { Engine, projectName, stackFile } from '../engine';
import { usage } from '../errors';
import { pastExpiry } from '../lab/expiry';
import { labArgument, type LabRef, parseLab } from '../lab/name';
import { ownerElsewhere, refuseForeign, takeOverQuestion } from '../lab/ownership';
import { itemsIf } from '../../util/optional';
import { nearest } from '../../util/suggest';
import { progressOn } from '../ui/progress';
import { labConfig, parseSettings, type Settings } from '../lab/settings';
import { prepare, type RequestedLab, requireCredentials } from '../actions/prepare';
import { confirm, print } from '../ui/prompt';
import { collect } from './options';
import { nextSteps } from '../ui/next-steps';

interface Options {
  stage?: string;
  set: string[];
  yes?: boolean;
  takeOver?: boolean;
}

function settingsOf({ stage, set }: Options): Settings {
  if (stage !== undefined && !(STAGES as readonly string[]).includes(stage)) {
    throw usage(
      `--stage ${stage}: not one of ${STAGES.join(', ')}${nearest(stage, STAGES)}`,
      '--stage with one of these, or without it as far as the config says',
    );
  }
  return parseSettings([...set, ...itemsIf(stage, `stage=${stage}`)]);
}

/** Asks whether the user accepts the price of a cloud lab. */
function confirmPrice({ lab, config }: RequestedLab, yes: boolean): Promise<void> {
  if (lab.cloud === 'local') return Promise.resolve();
  const nodes = config.controllers + config.workers;
  const price = formatPrice(lab.cloud, needsOf(config));
  return confirm(
    `Lab ${lab.stack}: ${nodes} nodes in ${lab.cloud.toUpperCase()}, ${price}, until ./lab down ${lab.stack}${untilReaped(config.expires)}. Continue?`,
    yes,
  );
}

/** Refuses an expiry on the command line that is past. A lab's own expiry may have passed. */
function refusePastExpiry(lab: LabRef, settings: Settings): void {
  const mistake = pastExpiry(settings.get(`${projectName()}:expires`) ?? '');
  if (mistake)
    throw usage(`${mistake}.`, `./lab up${labArgument(lab)} --set expires=8h, or a later time`);
}

async function up(name: string | undefined, options: Options): Promise<void> {
  const lab = parseLab(name);
  const settings = settingsOf(options);
  const config = labConfig(lab, settings);
  refusePastExpiry(lab, settings);
  const yes = options.yes ?? false;
  const owner = ownerElsewhere(lab);
  if (!options.takeOver) refuseForeign(lab);
  if (owner) await confirm(takeOverQuestion(lab, owner), yes);
  if (lab.cloud !== 'local') await requireCredentials({ lab, config });
  // An existing lab is asked about its losses before its price.
  const exists = fs.existsSync(stackFile(lab.stack));
  if (!exists) await confirmPrice({ lab, config }, yes);
  const progress = progressOn();
  try {
    const { toolchain } = await prepare(progress, { lab, config });
    if (owner) await takeOver(lab, progress);
    const found = await bringUp(await Engine.open(toolchain), lab, settings, toolchain, progress, {
      toLoss: (loss) => confirm(`${loss} Continue?`, yes),
      toPrice: () => (exists ? confirmPrice({ lab, config }, yes) : Promise.resolve()),
    });
    progress.close();
    print(`\n${nextSteps(lab, found)}`);
  } finally {
    progress.close();
  }
}

export function register(program: Command): void {
  program
    .command('up [NAME]')
    .description('create a lab, or change it to match its config, from any state')
    .option('--stage <STAGE>', `how far: ${STAGES.join(', ')}`)
    .option(
      '--set <KEY=VALUE>',
      "change the lab's config, repeatable; lists with commas; KEY= restores the default",
      collect,
      [],
    )
    .option(
      '--yes',
      'do not ask before creating resources that cost money, or before work in a lab is lost',
    )
    .option(
      '--take-over',
      'delete a lab of this name that belongs to another state; all work in it is lost',
    )
    .action(up);
}
