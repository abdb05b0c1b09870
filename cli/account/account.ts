import { CloudError } from '../../components/cloud';
import type { Cloud, LabConfig } from '../../components/config';
import { projectName } from '../engine/project';
import type { Lab } from '../lab/name';
import { labConfig, type Settings } from '../lab/settings';
import type { Needs } from './needs';

/** A limit that the account has in the lab's region, and what a lab takes of it. */
export interface Quota {
  name: string;
  /** Undefined where the cloud does not tell. */
  limit: number | undefined;
  /** What is in use already, by anything in the account. */
  used: number;
  /** What the lab, or labs, would take. */
  needed: number;
  /** Where more is asked for. */
  ask: string;
}

/** Something of a lab that exists in the cloud. */
export interface Remain {
  lab: string;
  /** As its tags or labels say; empty where it can have none. */
  student: string;
  expires: string;
  /** `instance`, `load balancer`, … */
  kind: string;
  id: string;
  /** What it costs an hour, in US dollars; undefined where the price list doesn't say. */
  hourly: number | undefined;
}

/** What a cloud tells about an account, before anything is made in it and after all of it should be gone. Changes nothing. */
export interface Account {
  /** Who acts, and where. Throws a CloudError where nobody can. */
  who(): Promise<string>;
  /** How many processors machines of each type have; a type that the lab's zone doesn't offer is missing. */
  processors(types: string[]): Promise<Map<string, number>>;
  /** `processors` are those of the lab's machine types, as the method of that name tells them. */
  quotas(needs: Needs, processors: Map<string, number>): Promise<Quota[]>;
  /** Whatever the cloud finds by tag, label or name: of one lab, or of all. */
  remains(lab?: string): Promise<Remain[]>;
}

export type CloudOfAccounts = Exclude<Cloud, 'local'>;

/** The account that a lab of this config is made in. Its SDK is loaded here, because it takes a second to. */
export function accountOf(config: LabConfig): Account {
  switch (config.cloud as CloudOfAccounts) {
    case 'aws':
      return (require('./aws') as typeof import('./aws')).awsAccount(config);
    case 'gcp':
      return (require('./gcp') as typeof import('./gcp')).gcpAccount(config);
  }
}

/** What decides which account is asked, and for what; who may log in to the lab is nothing to it. */
export const accountConfig = (lab: Lab, settings: Settings = new Map()): LabConfig =>
  labConfig(lab, new Map([...settings, [`${projectName()}:adminCidrs`, 'auto']]));

/** For a cloud whose client's errors `inWords` makes sentences of: does some work, and throws nothing but a CloudError. */
export const telling =
  (inWords: (error: unknown) => CloudError) =>
  async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw error instanceof CloudError ? error : inWords(error);
    }
  };

/** What `of` takes of each page, together. */
export async function gathered<Page, Item>(
  pages: AsyncIterable<Page>,
  of: (page: Page) => Item[] | undefined,
): Promise<Item[]> {
  const found: Item[] = [];
  for await (const page of pages) found.push(...(of(page) ?? []));
  return found;
}
