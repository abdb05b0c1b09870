import * as fs from 'node:fs';
import * as path from 'node:path';
import type { ResourceKind } from '../resource';
import { labDirectory } from './places';
import { sweep } from './sweep';
import { troubledDifference, type Troubled } from './trouble';

export interface SiteInputs {
  lab: string;
  /** When the lab should be gone, in UTC: `2026-12-01T18:00Z`; empty: never. */
  expires: string;
}

interface SiteState extends SiteInputs, Troubled {}

const record = (lab: string): string => path.join(labDirectory(lab), 'expires');

/** When the lab should be gone, as this machine remembers it whoever holds its state; undefined where it remembers nothing. */
export function expiryOf(lab: string): string | undefined {
  try {
    return fs.readFileSync(record(lab), 'utf8');
  } catch {
    return undefined;
  }
}

function remember(inputs: SiteInputs): SiteState {
  fs.mkdirSync(labDirectory(inputs.lab), { recursive: true, mode: 0o700 });
  fs.writeFileSync(record(inputs.lab), inputs.expires, { mode: 0o600 });
  return { ...inputs, trouble: '' };
}

/** Removes the record, and the lab's directory where nothing else is in it. */
function forget(lab: string): void {
  fs.rmSync(record(lab), { force: true });
  if (fs.existsSync(labDirectory(lab)) && fs.readdirSync(labDirectory(lab)).length === 0) fs.rmdirSync(labDirectory(lab));
}

/**
 * The lab's place on this machine. Made first, it holds only when the lab ends; gone last, it takes along all that is
 * left: also what a killed run had under way, which the engine forgets and whose removal it would never ask for.
 */
export const siteKind: ResourceKind<SiteInputs, SiteState> = {
  async diff(olds, news, unknown) {
    return troubledDifference(olds, news, unknown, (input) => input === 'expires');
  },
  async create(inputs) {
    return { id: inputs.lab, state: remember(inputs) };
  },
  async read(lab, state) {
    return { ...state, trouble: expiryOf(lab) === state.expires ? '' : 'its record of when the lab ends is not as it was' };
  },
  async update(_lab, _olds, news) {
    return remember(news);
  },
  async delete(lab, _state, call) {
    forget(lab);
    for (const line of await sweep(lab)) call?.log('info', `removed what no state knew of: ${line}`);
  },
};
