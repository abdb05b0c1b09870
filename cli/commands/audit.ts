import type { Command } from 'commander';
import { accountConfig, accountOf, type CloudOfAccounts, type Remain } from '../account/account';
import { EXIT, usage } from '../errors';
import { type Lab, parseLab } from '../lab/name';
import { columns, print, printJson } from '../ui/prompt';

interface Options {
  cloud?: string;
  set: string[];
  json?: boolean;
}

/** Which lab, or of which cloud all of them. */
function subject(name: string | undefined, cloud: string | undefined): { lab: Lab; all: boolean } {
  if (cloud !== undefined && cloud !== 'aws' && cloud !== 'gcp')
    throw usage(`--cloud ${cloud}: not one of aws, gcp`, './lab audit --cloud aws');
  const lab = parseLab(name ?? cloud);
  if (lab.cloud === 'local')
    throw usage(
      'An audit asks a cloud what is left of labs there.',
      './lab audit --cloud aws, or ./lab audit aws-s01; of labs on this machine ./lab list tells',
    );
  if (cloud !== undefined && lab.cloud !== cloud)
    throw usage(`Lab ${lab.stack} is not on ${cloud}.`, `./lab audit ${lab.stack}`);
  return { lab, all: name === undefined };
}

/** Formats a price in dollars an hour: `?` if unknown, `-` if free. */
function priceOf(hourly: number | undefined): string {
  if (hourly === undefined) return '?';
  return hourly === 0 ? '-' : `$${hourly.toFixed(4)}`;
}

function show(cloud: CloudOfAccounts, what: string, where: string, found: Remain[]): void {
  if (found.length === 0)
    return print(`Nothing of ${what} exists at ${cloud.toUpperCase()} (${where}).`);
  const sorted = [...found].sort(
    (one, other) =>
      one.lab.localeCompare(other.lab) ||
      one.kind.localeCompare(other.kind) ||
      one.id.localeCompare(other.id),
  );
  const rows = sorted.map(({ lab, student, expires, kind, id, hourly }) => [
    lab,
    student || '-',
    expires || '-',
    kind,
    id,
    priceOf(hourly),
  ]);
  print(columns([['LAB', 'STUDENT', 'EXPIRES', 'KIND', 'ID', 'AN HOUR'], ...rows]));
  const sum = found.reduce((total, { hourly }) => total + (hourly ?? 0), 0);
  const unpriced = found.some(({ hourly }) => hourly === undefined) ? ', and what is marked ?' : '';
  print(
    `\n${found.length} things of ${new Set(found.map(({ lab }) => lab)).size} labs at ${cloud.toUpperCase()} (${where}), about $${sum.toFixed(2)} an hour, $${(sum * 24).toFixed(2)} a day${unpriced}.`,
  );
}

async function audit(name: string | undefined, { cloud, json }: Options): Promise<void> {
  const { lab, all } = subject(name, cloud);
  const config = accountConfig(lab);
  const account = accountOf(config);
  const where = await account.who();
  const found = await account.remains(all ? undefined : lab.stack);
  if (json) printJson(found);
  else show(lab.cloud as CloudOfAccounts, all ? 'any lab' : `lab ${lab.stack}`, where, found);
  process.exitCode = found.length > 0 ? EXIT.failed : EXIT.well;
}

export function register(program: Command): void {
  program
    .command('audit [NAME]')
    .description(
      'ask a cloud, not the state, what of a lab or of all labs exists there, and what it costs; exit 0 if nothing',
    )
    .option('--cloud <CLOUD>', 'all labs of a cloud: aws, gcp')
    .option('--json', 'print one JSON array')
    .action(audit);
}
