import * as crypto from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { createAtomically } from '../../util/atomic-write';
import { stateDirectory } from '../../util/directories';
import { readIfExists } from '../../util/existing-files';
import { joinNames } from '../../util/join-names';
import { itemsIf } from '../../util/optional';
import { counted, plural } from '../../util/plural';
import { type Failure, unable } from '../errors';
import { labArgument } from '../lab/name';
import { stackFile, stacksDirectory } from './project';
import { prepareState } from './state-directory';
import { defaultStates } from './state-files';

/** Name of the file with the passphrase that encrypts secrets in the state. */
const FILE = 'passphrase';

/** Path of the file with the passphrase. It may not exist. */
const ownFile = (): string => path.join(stateDirectory(), FILE);

/** Matches the salt that the engine writes into a stack's config when it encrypts the stack. */
const SALT = /^encryptionsalt:/m;

/** Lists the stacks with secrets that the passphrase encrypts, in any backend. */
function encryptedStacks(): string[] {
  const files = fs.existsSync(stacksDirectory()) ? fs.readdirSync(stacksDirectory()) : [];
  const configured = files
    .flatMap((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? [])
    .filter((stack) => SALT.test(readIfExists(stackFile(stack)) ?? ''));
  return [...new Set([...defaultStates(), ...configured])].sort();
}

const MISSING = 'does not exist';
const EMPTY = 'is empty';
const UNREADABLE = "can't be read";

/** Returns why a file gives no passphrase; `undefined` if it gives one. */
function problemOf(file: string): string | undefined {
  try {
    if (fs.readFileSync(file, 'utf8').trim() !== '') return undefined;
    return EMPTY;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return MISSING;
    return `${UNREADABLE} (${code})`;
  }
}

/**
 * Returns the file with the passphrase. Creates it with mode 0600 if no stack is encrypted yet. Two
 * commands that start together get the same file.
 */
export function passphraseFile(): string {
  const file = path.join(prepareState(), FILE);
  // Another passphrase would hide that the right one is lost, and encrypt new labs.
  if (fs.existsSync(file) || encryptedStacks().length > 0) return file;
  createAtomically(file, `${crypto.randomBytes(32).toString('base64url')}\n`, 0o600);
  return file;
}

/** Names labs, or counts them if they are many. */
function labsText(stacks: string[]): string {
  if (stacks.length > 4) return counted(stacks.length, 'lab');
  return `${plural(stacks.length, 'lab')} ${joinNames(stacks)}`;
}

/** Says how labs are removed without their passphrase. */
function removal(stacks: string[]): string {
  const local = stacks.filter((stack) => stack.split('-')[0] === 'local');
  const name = local.length === 1 ? labArgument({ stack: local[0] }) : ' NAME';
  const ways = [
    ...itemsIf(local.length > 0, `./lab down${name} removes a local lab without it`),
    ...itemsIf(
      local.length < stacks.length,
      './lab audit lists what a lab has in its cloud, to delete it by hand',
    ),
  ];
  return ways.join('; ');
}

/**
 * Returns the Failure if the passphrase of a stack, or of any stack, can't be read. `undefined` if
 * there is a passphrase, which may be the wrong one: the engine compares it.
 */
export function lostPassphrase(stack?: string, given = process.env): Failure | undefined {
  if (given.PULUMI_CONFIG_PASSPHRASE !== undefined) return undefined;
  const chosen = given.PULUMI_CONFIG_PASSPHRASE_FILE;
  if (chosen) return unreadableChoice(chosen);
  const file = ownFile();
  const problem = problemOf(file);
  if (!problem) return undefined;
  if (problem.startsWith(UNREADABLE))
    return unable(`The passphrase file ${file} ${problem}.`, `make it readable: ls -ld ${file}`);
  const all = encryptedStacks();
  if (all.length === 0 && problem === MISSING) return undefined;
  if (all.length === 0)
    return unable(`The passphrase file ${file} ${problem}.`, 'delete it: ./lab creates a new one');
  const stacks = stack !== undefined && all.includes(stack) ? [stack] : all;
  return unable(
    `The passphrase of ${labsText(stacks)} is lost: ${file} ${problem}.`,
    `restore that file, or set PULUMI_CONFIG_PASSPHRASE to the passphrase; ${removal(stacks)}`,
  );
}

/** Returns the Failure for a file of the user that can't be read. Its passphrase may be empty. */
function unreadableChoice(file: string): Failure | undefined {
  const problem = problemOf(file);
  if (!problem || problem === EMPTY) return undefined;
  return unable(
    `PULUMI_CONFIG_PASSPHRASE_FILE names ${file}, which ${problem}.`,
    'set it to the file with the passphrase of your labs, or unset it',
  );
}

/** Throws a Failure if the passphrase of a stack, or of any stack, can't be read. */
export function refuseLostPassphrase(stack?: string): void {
  const lost = lostPassphrase(stack);
  if (lost) throw lost;
}

/** Returns the Failure for a passphrase that does not fit: it names the source of the passphrase. */
export function wrongPassphrase(given = process.env): Failure {
  const { PULUMI_CONFIG_PASSPHRASE: value, PULUMI_CONFIG_PASSPHRASE_FILE: chosen } = given;
  const source = value === undefined ? chosen || ownFile() : 'PULUMI_CONFIG_PASSPHRASE';
  return unable(
    `The passphrase in ${source} does not fit this state.`,
    'restore the one with which the lab was created, or set PULUMI_CONFIG_PASSPHRASE to it; ' +
      './lab down NAME removes a local lab without it',
  );
}
