import { labs as labsOnHost } from '../../provider/local';
import { usage } from '../errors';
import { isStackName, labArgument, type LabRef, parseLab } from './name';

const LONGEST_LABEL = 40;

/** Throws a usage Failure if the text can't be the label of a checkpoint. */
export function checkLabel(label: string): void {
  if (/^[a-z0-9]+(-[a-z0-9]+)*$/.test(label) && label.length <= LONGEST_LABEL) return;
  throw usage(
    `"${label}" can't be a label: use lower-case letters, digits and single hyphens, at most ${LONGEST_LABEL}.`,
    'a label such as before-lesson-2',
  );
}

/** A lab and a label, as a command line names them. */
export interface LabelledLab {
  lab: LabRef;
  label: string;
}

/** Returns the lab that a single word names, if it is more likely a lab than a label. */
function labNamed(word: string): LabRef | undefined {
  if (isStackName(word)) return parseLab(word);
  const local = `local-${word}`;
  if (!labsOnHost().includes(local)) return undefined;
  return { stack: local, cloud: 'local' };
}

/**
 * Parses the words `[NAME] LABEL` of a command. Throws a usage Failure if the label is missing: a
 * single word that is the name of a lab is no label.
 */
export function parseLabelled(command: 'save' | 'restore', words: string[]): LabelledLab {
  if (words.length > 2)
    throw usage(
      `./lab ${command} takes one NAME and one LABEL, not: ${words.join(' ')}`,
      `./lab ${command} s01 before-lesson-2`,
    );
  const [label, name] = [...words].reverse();
  if (label === undefined) throw usage('Missing label.', `./lab ${command} before-lesson-2`);
  if (name === undefined && labNamed(label))
    throw usage(
      `Missing label: ${label} is the name of a lab.`,
      `./lab ${command} ${label} before-lesson-2`,
    );
  const lab = parseLab(name);
  checkLabel(label);
  return { lab, label };
}

/** Throws a usage Failure for a lab in a cloud, which has no checkpoints. */
export function refuseCloud(lab: LabRef): void {
  if (lab.cloud === 'local') return;
  throw usage(
    `Only local labs have checkpoints, and ${lab.stack} is in a cloud.`,
    `a snapshot of its disks with the tools of the cloud, or ./lab recreate${labArgument(lab)}`,
  );
}
