import { labs as labsOnHost } from '../../provider/local';
import { usage } from '../errors';
import { textIf } from '../../util/optional';
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
  return labsOnHost().includes(local) ? { stack: local, cloud: 'local' } : undefined;
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
  const [first, second] = words;
  const named = words.length === 1 ? labNamed(first) : undefined;
  if (words.length === 0 || named)
    throw usage(
      `Missing label${textIf(named, `: ${first} is the name of a lab`)}.`,
      `./lab ${command}${textIf(named, ` ${first}`)} before-lesson-2`,
    );
  const [lab, label] = second === undefined ? [parseLab(), first] : [parseLab(first), second];
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
