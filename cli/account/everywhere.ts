import { CloudError } from '../../components/cloud';
import type { LabConfig } from '../../components/config';
import type { Engine, Snapshot } from '../engine';
import { Failure } from '../errors';
import { isStackName, type LabRef, parseLab } from '../lab/name';
import { itemsIf } from '../../util/optional';
import { accountConfig, accountOf, type CloudOfAccounts, type CloudResource } from './account';
import { accountConfigOf } from './place';

/** Result of a search in a cloud. */
export interface Search {
  found: CloudResource[];
  /** Regions of AWS, projects of Google Cloud. */
  searched: string[];
  /** Places that could not be asked, with the cloud's answer, one sentence each. */
  failed: string[];
  /** Places that a search of this kind never asks, one sentence each. */
  limits: string[];
}

/**
 * Reads a lab's state. An unreadable state counts as missing: the lab's config file decides then.
 */
export async function readableSnapshot(
  engine: Pick<Engine, 'snapshot'> | undefined,
  lab: LabRef,
): Promise<Snapshot | undefined> {
  try {
    return await engine?.snapshot(lab.stack);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return undefined;
  }
}

/** Returns the place that one search covers: a region of AWS, a project of Google Cloud. */
function placeOf({ cloud, region, project }: LabConfig): string {
  const places: Record<CloudOfAccounts, string> = { aws: region, gcp: project };
  return places[cloud as CloudOfAccounts];
}

/**
 * Lists the accounts of this backend's labs in a cloud, the default one first: one config per
 * region or project.
 */
async function knownPlaces(
  cloud: CloudOfAccounts,
  engine: Pick<Engine, 'snapshot' | 'stacks'> | undefined,
): Promise<LabConfig[]> {
  const names = engine ? (await engine.stacks()).map(({ name }) => name) : [];
  const labs: LabRef[] = names
    .filter((name) => isStackName(name) && name.split('-')[0] === cloud)
    .map((stack) => ({ stack, cloud }));
  const configs = [accountConfig(parseLab(cloud))];
  for (const lab of labs) configs.push(accountConfigOf(lab, await readableSnapshot(engine, lab)));
  const first = new Map<string, LabConfig>();
  for (const config of configs) if (!first.has(placeOf(config))) first.set(placeOf(config), config);
  return [...first.values()];
}

/** Adds every other region that the account can use: AWS searches one region at a time. */
async function withAllRegions(known: LabConfig[], failed: string[]): Promise<LabConfig[]> {
  try {
    const regions = await accountOf(known[0]).regions();
    const others = regions.filter((region) => !known.some((config) => config.region === region));
    return [...known, ...others.map((region) => ({ ...known[0], region, zone: '' }))];
  } catch (error) {
    if (!(error instanceof CloudError)) throw error;
    failed.push(`Other regions were not searched: ${error.message}`);
    return known;
  }
}

/**
 * Searches for resources of every lab of a cloud. On AWS: in every enabled region. On Google Cloud:
 * in the default project and those of this backend's labs. A failing place does not hide the
 * others. Throws the CloudError if every place fails.
 */
export async function searchEverywhere(
  cloud: CloudOfAccounts,
  engine: Pick<Engine, 'snapshot' | 'stacks'> | undefined,
): Promise<Search> {
  const failed: string[] = [];
  const known = await knownPlaces(cloud, engine);
  const places = cloud === 'aws' ? await withAllRegions(known, failed) : known;
  const limits = itemsIf(cloud === 'gcp', 'Other projects were not searched.');
  const search: Search = { found: [], searched: [], failed, limits };
  let refusal: CloudError | undefined;
  await Promise.all(
    places.map(async (config) => {
      const place = placeOf(config);
      try {
        const found = await accountOf(config).remains();
        search.found.push(...found);
        search.searched.push(place || found[0]?.place || "the environment's project");
      } catch (error) {
        if (!(error instanceof CloudError)) throw error;
        refusal = error;
        failed.push(`${place || 'The default project'} could not be asked: ${error.message}`);
      }
    }),
  );
  if (search.searched.length === 0 && refusal) throw refusal;
  // The default project may also be the project of a lab.
  const first = new Map(
    search.found.map((remain) => [`${remain.place} ${remain.stateIds.join(' ')}`, remain]),
  );
  return { ...search, found: [...first.values()], searched: [...new Set(search.searched)].sort() };
}
