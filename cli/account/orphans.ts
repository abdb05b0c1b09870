import * as fs from 'node:fs';
import { type Account, accountOf, type OrphanQuery, type CloudResource } from './account';
import { accountConfigOf } from './place';
import { EXIT, Failure } from '../errors';
import { labArgument, type LabRef } from '../lab/name';
import type { Progress } from '../ui/progress';
import { leftoversNote, type Snapshot } from '../engine';
import { textIf } from '../../util/optional';
import { counted } from '../../util/plural';

/**
 * Returns the id of a lab's state: the value of its resource hardway:index:LabId. Empty if the
 * state has none.
 */
export const stateIdOf = (snapshot: Pick<Snapshot, 'resources'> | undefined): string =>
  String(
    snapshot?.resources.find(({ type }) => type === 'hardway:index:LabId')?.outputs.value ?? '',
  );

/** Ids of a lab's resources, kept after an incomplete destroy. */
interface LeftoversNote {
  state: string;
  own: string[];
}

/** Saves the ids of the lab's resources beside its config: the state is empty after a destroy. */
export function noteLeftovers({ stack }: LabRef, snapshot: Snapshot | undefined): void {
  const state = stateIdOf(snapshot);
  if (!state) return;
  const own = (snapshot?.resources ?? []).flatMap(({ id }) => id ?? []);
  const note: LeftoversNote = { state, own };
  fs.writeFileSync(leftoversNote(stack), JSON.stringify(note), { mode: 0o600 });
}

function notedLeftovers({ stack }: LabRef): LeftoversNote {
  const file = leftoversNote(stack);
  if (!fs.existsSync(file)) return { state: '', own: [] };
  return JSON.parse(fs.readFileSync(file, 'utf8')) as LeftoversNote;
}

/** Builds the query for a lab's orphans from its state, or from the file of an earlier `down`. */
export function orphanQuery(lab: LabRef, snapshot: Snapshot | undefined): OrphanQuery {
  const noted = notedLeftovers(lab);
  const resources = snapshot?.resources ?? [];
  const ids = resources.flatMap(({ id }) => id ?? []);
  const urns = new Set(resources.map(({ urn }) => urn));
  return {
    lab: lab.stack,
    state: stateIdOf(snapshot) || noted.state,
    known: new Set(ids),
    own: new Set([...ids, ...noted.own]),
    // A resource that is also in the state is being replaced: name and place belong to the known
    // one.
    pending: (snapshot?.pendingCreates ?? []).filter(({ urn }) => !urns.has(urn)),
  };
}

/**
 * Deletes a lab's orphans and prints each. Throws a Failure that lists failed deletions and the
 * commands to delete them.
 */
export async function removeOrphans(
  account: Account,
  query: OrphanQuery,
  { progress, why, cure }: { progress: Progress; why: string; cure: string },
): Promise<number> {
  const orphans = await account.orphans(query);
  const kept: string[] = [];
  for (const orphan of orphans) {
    progress.say(`${orphan.kind} ${orphan.id} ${why}: deleting it`);
    try {
      await orphan.remove();
    } catch (error) {
      kept.push(
        `${orphan.kind} ${orphan.id}: ${(error as Error).message.split('\n')[0]}\n    by hand: ${orphan.byHand}`,
      );
    }
  }
  if (kept.length === 0) return orphans.length;
  throw new Failure(
    `${counted(kept.length, 'resource')} of lab ${query.lab} could not be deleted:\n${kept.map((line) => `  ${line}`).join('\n')}`,
    EXIT.failed,
    cure,
  );
}

/**
 * Deletes resources that an interrupted run created in a cloud without recording them. They were
 * being created, so no work is lost. The engine then clears its pending creates, and creates them
 * again.
 */
export async function settleInterrupted(
  lab: LabRef,
  snapshot: Snapshot | undefined,
  progress: Progress,
): Promise<void> {
  if (lab.cloud === 'local' || !snapshot?.pending) return;
  const account = accountOf(accountConfigOf(lab, snapshot));
  const step = progress.begin(
    'The last run was interrupted: searching for resources missing in the state',
  );
  const deleted = await removeOrphans(account, orphanQuery(lab, snapshot), {
    progress,
    why: 'was being created when the last run was interrupted',
    cure: `delete them by hand, then ./lab up${labArgument(lab)} or ./lab down${labArgument(lab)} again`,
  }).finally(() => step.drop());
  if (deleted === 0)
    progress.say('The last run was interrupted; no resource is missing in the state.');
}

/**
 * Selects resources with the lab's name that belong to another state. Untagged kinds count if no
 * state is known.
 */
export const ofAnotherLab = (remains: CloudResource[], state: string): CloudResource[] =>
  remains.filter((remain) => remain.state !== state && (remain.state !== '' || state === ''));

/** Formats the first resources of a list: `vpc vpc-0abc, instance i-0abc and 3 more`. */
export function firstOf(remains: Pick<CloudResource, 'kind' | 'id'>[]): string {
  const shown = remains.slice(0, 4).map(({ kind, id }) => `${kind} ${id}`);
  const more = remains.length - shown.length;
  return `${shown.join(', ')}${textIf(more > 0, ` and ${more} more`)}`;
}

/**
 * Throws a Failure if another state's lab uses the lab's name in the account. Called before a lab's
 * first `up`.
 */
export async function refuseTakenName(
  lab: LabRef,
  snapshot: Snapshot | undefined,
  config = accountConfigOf(lab, snapshot),
): Promise<void> {
  if (lab.cloud === 'local' || stateIdOf(snapshot)) return;
  const account = accountOf(config);
  const found = await account.remains(lab.stack);
  if (found.length === 0) return;
  const noted = notedLeftovers(lab).state;
  const isOwn = noted !== '' && ofAnotherLab(found, noted).length === 0;
  const what = `(${found[0].place}): ${firstOf(found)}`;
  if (isOwn)
    throw new Failure(
      `Lab ${lab.stack} has leftovers ${what}`,
      EXIT.machine,
      `./lab down${labArgument(lab)}, then up again`,
    );
  throw new Failure(
    `Another lab named ${lab.stack} exists in this account ${what}`,
    EXIT.machine,
    `take another name (./lab up ${lab.cloud}-ID), or ./lab down${labArgument(lab)} where its state is (PULUMI_BACKEND_URL); ./lab audit ${lab.stack} lists it`,
  );
}
