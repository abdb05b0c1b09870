import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Report } from '../../checks';
import { labFiles, writeSecret } from './files';

/** Result of the last complete run of the checks on a lab. */
export interface Verified {
  /** ISO 8601. */
  at: string;
  passed: number;
  failed: number;
  skipped: number;
  /** Ids of the checks that failed. */
  failures: string[];
}

const record = (stack: string): string => path.join(labFiles(stack).directory, 'verified.json');

/** Saves the result beside the lab's files, so that it is deleted with them. */
export function saveVerification(stack: string, { passed, failed, skipped, checks }: Report): void {
  const failures = checks.filter(({ status }) => status === 'fail').map(({ id }) => id);
  const verified: Verified = { at: new Date().toISOString(), passed, failed, skipped, failures };
  fs.mkdirSync(path.dirname(record(stack)), { recursive: true, mode: 0o700 });
  writeSecret(record(stack), JSON.stringify(verified));
}

/** Returns the last result; `undefined` if the checks never ran. */
export function lastVerified(stack: string): Verified | undefined {
  try {
    return JSON.parse(fs.readFileSync(record(stack), 'utf8')) as Verified;
  } catch {
    return undefined;
  }
}
