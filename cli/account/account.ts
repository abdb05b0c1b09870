import { type CloudName, CLOUDS, type LabConfig } from '../../components/config';
import { projectName, type PendingCreate } from '../engine';
import type { LabRef } from '../lab/name';
import { labConfig, type Settings } from '../lab/settings';
import type { Needs } from './needs';

/** A quota of the account in the lab's region, and the lab's need. */
export interface Quota {
  name: string;
  /** `undefined` if the cloud does not report the limit. */
  limit: number | undefined;
  /** Present usage by all resources of the account. */
  used: number;
  /** Need of the lab or labs. */
  needed: number;
  /** URL at which the user can request a higher limit. */
  ask: string;
}

/** A lab's resource that exists in the cloud. */
export interface CloudResource {
  lab: string;
  /** Id of the lab's state (tag or label `hardway-state`), such as `0a1b2c3d`; empty if the kind has none. */
  state: string;
  /** Tag or label of the same name; empty if the kind has none. */
  student: string;
  /** Tag or label of the same name; empty if the kind has none. */
  expires: string;
  /** `instance`, `load balancer`, … */
  kind: string;
  /** The id in the cloud: `i-0abc` on AWS, the name on Google Cloud. */
  id: string;
  /** Every id by which a Pulumi state may know the resource. */
  stateIds: string[];
  /** Region of AWS, project of Google Cloud: where it was found. */
  place: string;
  /** US dollars an hour; undefined if the price list lacks the type. */
  hourly: number | undefined;
}

/** A lab to search orphans of. */
export interface OrphanQuery {
  lab: string;
  /** Id of the lab's state; empty if its state has none yet. */
  state: string;
  /** Ids of all resources in the state now. */
  known: Set<string>;
  /** Ids of all resources that were in the state, even if they are destroyed by now. */
  own: Set<string>;
  pending: PendingCreate[];
}

/** A resource of a lab that exists in the cloud and not in the lab's state. */
export interface Orphan {
  kind: string;
  id: string;
  /**
   * Deletes the resource; resolves when the cloud reports that it does not exist. Accepts a
   * resource that does not exist any more.
   */
  remove(): Promise<void>;
  /** Command with which the user can delete the resource. */
  byHand: string;
}

/** Questions to a cloud account, before a lab is created there and after it was destroyed. */
export interface Account {
  /** Identity and place. Throws a CloudError if no credentials work. */
  who(): Promise<string>;
  /** Processors of each machine type. A type that the lab's zone does not offer is missing. */
  processors(types: string[]): Promise<Map<string, number>>;
  /** `processors`: the answer of the method of that name for the lab's machine types. */
  quotas(needs: Needs, processors: Map<string, number>): Promise<Quota[]>;
  /** Hints that need no action in most accounts. */
  notes(needs: Needs): Promise<string[]>;
  /** Resources of one lab, or of every lab, that exist in this account's region or project. */
  remains(lab?: string): Promise<CloudResource[]>;
  /** Resources of the lab that its state does not know, in the order in which they can be deleted. */
  orphans(query: OrphanQuery): Promise<Orphan[]>;
  /** Names of all regions that the account can use, for a cloud that is asked by region. */
  regions(): Promise<string[]>;
}

export type CloudOfAccounts = Exclude<CloudName, 'local'>;

/** Clouds in which labs need an account: all but the host. */
export const CLOUDS_OF_ACCOUNTS = CLOUDS.filter((cloud) => cloud !== 'local');

/** Returns the account of a lab with this config. Loads the cloud's SDK, which takes a second. */
export function accountOf(config: LabConfig): Account {
  switch (config.cloud as CloudOfAccounts) {
    case 'aws':
      return (require('./aws') as typeof import('./aws')).awsAccount(config);
    case 'gcp':
      return (require('./gcp') as typeof import('./gcp')).gcpAccount(config);
  }
}

/**
 * Returns the config that decides about the account and its needs. adminCidrs is irrelevant here,
 * so `auto` replaces it.
 */
export const accountConfig = (lab: LabRef, settings: Settings = new Map()): LabConfig =>
  labConfig(lab, new Map([...settings, [`${projectName()}:adminCidrs`, 'auto']]));
