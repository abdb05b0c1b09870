import * as fs from 'node:fs';
import * as path from 'node:path';
import { type Hint, noProgress, type Progress } from '../../tour';
import { labFiles, writeSecret } from '../lab/files';

/** Files of a lab's tour. They are deleted with the lab's other files. */
const fileOf = (stack: string, name: string): string => path.join(labFiles(stack).directory, name);

const progressFile = (stack: string): string => fileOf(stack, 'tour.json');
const hintsFile = (stack: string): string => fileOf(stack, 'hints.json');

/** Returns whether the tour of a lab was ever opened. */
export const hasBegun = (stack: string): boolean => fs.existsSync(progressFile(stack));

/** Writes the progress of a lab's tour. Does nothing if the lab was removed while its tour ran. */
export function writeProgress(stack: string, progress: Progress): void {
  if (!fs.existsSync(labFiles(stack).directory)) return;
  writeSecret(progressFile(stack), JSON.stringify(progress));
}

/** Reads the instructor's hints to the student of a lab, oldest first. */
export function readHints(stack: string): Hint[] {
  try {
    return JSON.parse(fs.readFileSync(hintsFile(stack), 'utf8')) as Hint[];
  } catch {
    return [];
  }
}

/** Adds a hint for the student of a lab. */
export function addHint(stack: string, text: string, now = new Date()): void {
  const hints = [...readHints(stack), { at: now.toISOString(), text }];
  writeSecret(hintsFile(stack), JSON.stringify(hints));
}

/** Reads the progress of a lab's tour. */
export function readProgress(stack: string): Progress {
  try {
    const read = JSON.parse(fs.readFileSync(progressFile(stack), 'utf8')) as Progress;
    return { ...noProgress(), ...read };
  } catch {
    return noProgress();
  }
}
