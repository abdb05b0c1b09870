import * as fs from 'node:fs';
import type { Command } from 'commander';
import { accountOf, type CloudOfAccounts, type CloudResource } from '../account/account';
import { readableSnapshot, type Search, searchEverywhere } from '../account/everywhere';
import { accountConfigOf } from '../account/place';
import { Engine, stackFile } from '../engine';
import { EXIT, usage } from '../errors';
import { type LabRef, parseLab } from '../lab/name';
import { found } from '../actions/ensure-toolchain';
import { columns, print, printJson } from '../ui/prompt';
import { textIf } from '../../util/optional';
import { cloudOption } from './options';

interface Options {
  cloud?: string;
  set: string[];
  json?: boolean;
}

/** Returns the lab to audit, or the cloud to audit all labs of. */
function subject(
  name: string | undefined,
  cloud: string | undefined,
): { lab: LabRef; all: boolean } {
  const lab = parseLab(name ?? cloud);
  if (lab.cloud === 'local')
    throw usage(
      'An audit searches a cloud, and a local lab is on this host.',
      './lab audit --cloud aws, or ./lab audit aws-s01; ./lab list shows the labs of this host',
    );
  if (cloud !== undefined && lab.cloud !== cloud)
    throw usage(`Lab ${lab.stack} is not on ${cloud}.`, `./lab audit ${lab.stack}`);
  return { lab, all: name === undefined };
}

const resources = (count: number): string => (count === 1 ? '1 resource' : `${count} resources`);

function show(
  cloud: CloudOfAccounts,
  what: string,
  { found, searched, failed, limits }: Search,
): void {
  const where = `${cloud.toUpperCase()} (${searched.join(', ')})`;
  if (found.length === 0) print(`No resources of ${what} exist at ${where}.`);
  else showFound(where, found);
  for (const line of [...failed, ...limits]) print(line);
}

function showFound(where: string, remains: CloudResource[]): void {
  const sorted = [...remains].sort(
    (one, other) =>
      one.lab.localeCompare(other.lab) ||
      one.place.localeCompare(other.place) ||
      one.kind.localeCompare(other.kind) ||
      one.id.localeCompare(other.id),
  );
  const price = (hourly: number | undefined): string => {
    if (hourly === undefined) return '?';
    return hourly === 0 ? '-' : `$${hourly.toFixed(4)}`;
  };
  const rows = sorted.map(({ lab, student, expires, place, kind, id, hourly }) => [
    lab,
    student || '-',
    expires || '-',
    place,
    kind,
    id,
    price(hourly),
  ]);
  print(columns([['LAB', 'STUDENT', 'EXPIRES', 'PLACE', 'KIND', 'ID', 'PER HOUR'], ...rows]));
  const sum = remains.reduce((total, { hourly }) => total + (hourly ?? 0), 0);
  const unpriced = textIf(
    remains.some(({ hourly }) => hourly === undefined),
    ', without the resources marked ?',
  );
  const labs = new Set(remains.map(({ lab }) => lab)).size;
  print(
    `\n${resources(remains.length)} in ${labs === 1 ? '1 lab' : `${labs} labs`} at ${where}, about $${sum.toFixed(2)} an hour, $${(sum * 24).toFixed(2)} a day${unpriced}.`,
  );
}

/**
 * Opens the engine if its programs are installed. Without them, an audit uses config files only.
 */
async function engineIfInstalled(): Promise<Engine | undefined> {
  const programs = await found();
  return programs && Engine.open(programs);
}

/** Searches the account of one lab: the one in its state, else in its config file, else the default. */
async function searchFor(lab: LabRef, engine: Engine | undefined): Promise<Search> {
  const snapshot = await readableSnapshot(engine, lab);
  const account = accountOf(accountConfigOf(lab, snapshot));
  const where = await account.who();
  const found = await account.remains(lab.stack);
  const isKnown = (snapshot?.resources ?? []).length > 0 || fs.existsSync(stackFile(lab.stack));
  const limits =
    isKnown || found.length > 0
      ? []
      : [
          `No state or config of lab ${lab.stack} names its account, so only the default one was searched.`,
          `All accounts of labs here: ./lab audit --cloud ${lab.cloud}`,
        ];
  return { found, searched: [where], failed: [], limits };
}

async function audit(name: string | undefined, { cloud, json }: Options): Promise<void> {
  const { lab, all } = subject(name, cloud);
  const engine = await engineIfInstalled();
  const search = all
    ? await searchEverywhere(lab.cloud as CloudOfAccounts, engine)
    : await searchFor(lab, engine);
  if (json) {
    printJson(search.found);
    for (const line of search.failed) process.stderr.write(`${line}\n`);
  } else show(lab.cloud as CloudOfAccounts, all ? 'any lab' : `lab ${lab.stack}`, search);
  process.exitCode = exitCode(search);
}

/** Returns 1 if resources exist, 3 if part of the cloud could not be asked. */
function exitCode({ found, failed }: Search): number {
  if (found.length > 0) return EXIT.failed;
  return failed.length > 0 ? EXIT.machine : EXIT.well;
}

export function register(program: Command): void {
  program
    .command('audit [NAME]')
    .description(
      'list the resources of one lab or of all labs that exist in a cloud, with prices; exit 0 if none exist, 3 if a place could not be asked',
    )
    .addOption(cloudOption('audit all labs of a cloud'))
    .option('--json', 'print one JSON array')
    .action(audit);
}
