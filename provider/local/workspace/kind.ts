import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Failure, ResourceKind } from '../../protocol/resource-kind';
import { labNameMistake } from '../../../util/lab-name';
import { textIf } from '../../../util/optional';
import { boundLab, type Bounds, boundsDrift } from './resource-limits';
import { claimLab } from '../shared/lab-register';
import { removeCheckpoints } from '../checkpoint/files';
import { labDirectory } from '../shared/names';
import { sweep } from './sweep';
import { driftDifference, type Drifting } from '../shared/drift';

export interface SiteInputs extends Bounds {
  lab: string;
  /** Expiry of the lab in UTC: `2026-12-01T18:00Z`; empty: never. */
  expires: string;
}

interface SiteState extends SiteInputs, Drifting {}

const record = (lab: string): string => path.join(labDirectory(lab), 'expires');

/**
 * Returns the lab's expiry as recorded on the host, independent of any state; `undefined` without a
 * record.
 */
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

/** Removes the record. Removes the lab's directory if it is otherwise empty. */
function forget(lab: string): void {
  fs.rmSync(record(lab), { force: true });
  if (fs.existsSync(labDirectory(lab)) && fs.readdirSync(labDirectory(lab)).length === 0)
    fs.rmdirSync(labDirectory(lab));
}

/**
 * A lab's workspace on the host: its control group with resource limits, and its expiry. Created
 * first, deleted last.
 * Deletion removes every remaining process of the lab, including those started by an interrupted
 * run, which the engine does not know.
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
          'the local cloud creates network namespaces and needs root: run pulumi as root, or use ./lab',
      });
    }
    return { inputs: news, failures };
  },
  async diff(olds, news, unknown) {
    return driftDifference(olds, news, unknown, (input) => input !== 'lab');
  },
  async create(inputs) {
    return { id: inputs.lab, state: await make(inputs) };
  },
  // Always exists for the engine: leftovers may exist, and only the deletion of the workspace
  // removes them.
  async read(lab, state) {
    const expiry = textIf(
      expiryOf(lab) !== state.expires,
      'its record of when the lab ends was changed',
    );
    return { ...state, trouble: [boundsDrift(lab, state), expiry].filter(Boolean).join('; ') };
  },
  async update(_lab, _olds, news) {
    return make(news);
  },
  async delete(lab, _state, call) {
    removeCheckpoints(lab);
    forget(lab);
    for (const line of await sweep(lab))
      call?.log('info', `removed a leftover that no state knew: ${line}`);
  },
};
