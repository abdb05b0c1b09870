import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Failure, ResourceKind } from '../../protocol/resource-kind';
import { labNameMistake } from '../../../util/lab-name';
import { boundLab, type Bounds, boundsTrouble } from './resource-limits';
import { claimLab } from '../shared/lab-register';
import { labDirectory } from '../shared/names';
import { sweep } from './sweep';
import { troubledDifference, type Troubled } from '../shared/drift';

export interface SiteInputs extends Bounds {
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

async function make(inputs: SiteInputs): Promise<SiteState> {
  claimLab(inputs.lab);
  await boundLab(inputs.lab, inputs);
  fs.mkdirSync(labDirectory(inputs.lab), { recursive: true, mode: 0o700 });
  fs.writeFileSync(record(inputs.lab), inputs.expires, { mode: 0o600 });
  return { ...inputs, trouble: '' };
}

/** Removes the record, and the lab's directory where nothing else is in it. */
function forget(lab: string): void {
  fs.rmSync(record(lab), { force: true });
  if (fs.existsSync(labDirectory(lab)) && fs.readdirSync(labDirectory(lab)).length === 0)
    fs.rmdirSync(labDirectory(lab));
}

/**
 * The lab's place on this machine: the control group that all of it runs in, with its bounds, and when the lab ends. Made
 * first; gone last, it takes along all that is left: also what a killed run had under way, which the engine forgets and
 * whose removal it would never ask for.
 */
export const siteKind: ResourceKind<SiteInputs, SiteState> = {
  async check(news) {
    const failures: Failure[] = [];
    const mistake = labNameMistake(String(news.lab));
    if (mistake) failures.push({ property: 'lab', reason: mistake });
    if (process.getuid?.() !== 0) {
      failures.push({
        property: 'lab',
        reason:
          'the local cloud makes network namespaces and machines, which takes root: run pulumi as root, or use ./lab',
      });
    }
    return { inputs: news, failures };
  },
  async diff(olds, news, unknown) {
    return troubledDifference(olds, news, unknown, (input) => input !== 'lab');
  },
  async create(inputs) {
    return { id: inputs.lab, state: await make(inputs) };
  },
  // Never gone as long as somebody asks: what is in it may be there, and only its deletion takes that along.
  async read(lab, state) {
    const expiry =
      expiryOf(lab) === state.expires ? '' : 'its record of when the lab ends is not as it was';
    return { ...state, trouble: [boundsTrouble(lab, state), expiry].filter(Boolean).join('; ') };
  },
  async update(_lab, _olds, news) {
    return make(news);
  },
  async delete(lab, _state, call) {
    forget(lab);
    for (const line of await sweep(lab))
      call?.log('info', `removed what no state knew of: ${line}`);
  },
};
