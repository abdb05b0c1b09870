/**
 * `npm run bench:progress`: replays recorded installations through the estimate of this commit.
 * Prints how far the estimated time left was from the real time left.
 */
import { columns, print } from '../../cli/ui/prompt';
import { errorOf, readRecord, records, replay, type Moment } from './replay';

/** Seconds between two rows of the table. */
const STEP = 30;

const HEADER = ['second', 'left s', 'estimate s', 'error', 'line'];

function row(moment: Moment): string[] {
  const { at, left, estimated, line } = moment;
  const error = `${(100 * errorOf(moment)).toFixed(0)} %`;
  return [`${at}`, `${left}`, estimated.toFixed(0), error, line];
}

for (const name of records()) {
  const record = readRecord(name);
  const rows = replay(record).filter(({ at }) => at % STEP === 0);
  print(`${name}: ${record.about}, ${record.seconds} s\n`);
  print(`${columns([HEADER, ...rows.map(row)])}\n`);
}
