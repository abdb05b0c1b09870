import * as fs from 'node:fs';
import type { Command } from 'commander';
import { parseConfig } from '../../components/config';
import { type Item, makesImages, plan as missingItems } from '../../toolchain';
import { accountConfig, accountOf } from '../account/account';
import { backendProbe } from '../doctor/backend';
import { cloudFindings, nameFinding } from '../doctor/cloud';
import { diskFinding, labNeeds, setUpNeeds } from '../doctor/disk';
import { type Finding, findingOf, type Probe } from '../doctor/finding';
import { kernelFindings } from '../doctor/kernel';
import { machineProbes, stateProbe } from '../doctor/host';
import { labsProbe } from '../doctor/labs';
import { execProbe, pathProbe, writableProbe } from '../doctor/places';
import { poolProbe, slotsProbe } from '../doctor/network';
import { programProbes } from '../doctor/programs';
import { EXIT, usage } from '../errors';
import { parseLab } from '../lab/name';
import { stackFile } from '../engine';
import { parseSettings } from '../lab/settings';
import { print, printJson } from '../ui/prompt';
import { cloudOption, collect } from './options';

interface Options {
  cloud?: string;
  set: string[];
  json?: boolean;
}

const MARKS: Record<Finding['status'], string> = {
  ok: 'ok  ',
  note: 'note',
  warn: 'warn',
  fail: 'FAIL',
};

/** Config of the article's lab. */
const ARTICLE = parseConfig({});

/**
 * Returns a probe of the disk space for a first lab. Installed parts of the toolchain need no more
 * space. `missing` is undefined if the missing parts are unknown.
 */
function diskProbe(missing: Item[] | undefined): Probe {
  const setUp =
    missing?.length === 0
      ? []
      : setUpNeeds(missing?.some((item) => item.from.startsWith('built from')) ?? true);
  return {
    id: 'disk',
    title: 'Disk space',
    look: () => diskFinding([...setUp, ...labNeeds(ARTICLE.controllers + ARTICLE.workers)]),
  };
}

/** Examines everything that a lab needs of the host. Leaves no change behind. */
async function examine(): Promise<Finding[]> {
  const missing = await missingItems().catch(() => undefined);
  const probes = [
    ...machineProbes([ARTICLE]),
    stateProbe,
    pathProbe,
    writableProbe,
    execProbe(missing === undefined || makesImages(missing)),
    diskProbe(missing),
    poolProbe(),
    slotsProbe(new Map([[ARTICLE.publicPool, 1]])),
    labsProbe(),
    backendProbe,
    ...programProbes,
  ];
  const findings = await Promise.all(probes.map(findingOf));
  return [...findings, ...kernelFindings()];
}

function conclusion(failed: number, subject: string): string {
  if (failed === 0) return `${subject} can run a lab.`;
  return `${subject} can't run a lab: ${failed === 1 ? '1 finding needs' : `${failed} findings need`} a fix.`;
}

function show(findings: Finding[], subject: string): void {
  const width = Math.max(...findings.map((finding) => finding.title.length));
  for (const finding of findings) {
    print(`${MARKS[finding.status]}  ${finding.title.padEnd(width)}  ${finding.found}`);
    if (finding.cure) print(`      ${''.padEnd(width)}  To do: ${finding.cure}`);
  }
  const failed = findings.filter((finding) => finding.status === 'fail').length;
  print(`\n${conclusion(failed, subject)}`);
}

/** Examines the account of a lab with these settings. */
async function examineCloud(cloud: string, set: string[]): Promise<Finding[]> {
  const lab = parseLab(cloud);
  const config = accountConfig(lab, parseSettings(set));
  const account = accountOf(config);
  const findings = await cloudFindings(account, config);
  // Without credentials, the cloud answers nothing else.
  if (findings.some(({ id }) => id === 'cloud')) return findings;
  const hasLab = fs.existsSync(stackFile(lab.stack));
  return [...findings, await nameFinding(account, lab.stack, hasLab)];
}

async function doctor({ cloud, set, json }: Options): Promise<void> {
  if (!cloud && set.length > 0)
    throw usage(
      '--set needs --cloud: the config decides what a lab needs of an account.',
      './lab doctor --cloud aws --set KEY=VALUE',
    );
  const findings = await (cloud ? examineCloud(cloud, set) : examine());
  if (json) printJson(findings);
  else show(findings, cloud ? `The account at ${cloud.toUpperCase()}` : 'This host');
  if (!json && !cloud)
    print(
      'A local lab is no security boundary: root in a node (sudo) can harm this host. For users you do not trust, use a cloud.',
    );
  process.exitCode = findings.some((finding) => finding.status === 'fail')
    ? EXIT.machine
    : EXIT.well;
}

export function register(program: Command): void {
  program
    .command('doctor')
    .description(
      'check whether this host, or a cloud account, can run a lab; prints a fix for each finding; changes nothing',
    )
    .addOption(
      cloudOption('check a cloud account instead: credentials, machine types, quotas, price'),
    )
    .option('--set <KEY=VALUE>', 'with --cloud: config of the lab, repeatable', collect, [])
    .option('--json', 'print one JSON array')
    .action(doctor);
}
