import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { type LabRecord, recordedLabs, recordOf } from '../../provider/local/shared/lab-register';
import { root } from '../../util/repo-root';

/** Prefix of the integration tests' state directories, in the directory for temporary files. */
export const STATE_PREFIX = 'hardway-test-';

/** Name of the file in a test's state directory with the id of the process that runs the test. */
const PROCESS_FILE = 'test-process';

/** Creates the state directory of this test process. */
export function createTestState(): string {
  const state = fs.mkdtempSync(path.join(os.tmpdir(), STATE_PREFIX));
  fs.writeFileSync(path.join(state, PROCESS_FILE), `${process.pid}\n`);
  return state;
}

function isAlive(pid: number): boolean {
  try {
    return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('jest');
  } catch {
    return false;
  }
}

/** Returns true if the test process of a state directory still runs. */
function isInUse(state: string): boolean {
  try {
    return isAlive(Number(fs.readFileSync(path.join(state, PROCESS_FILE), 'utf8')));
  } catch {
    return false;
  }
}

/**
 * Returns true for a lab of an integration test that was killed. The owner's state directory must
 * be exactly of the form that createTestState makes: a user's lab never is.
 */
export function isAbandoned({ owner }: LabRecord, temporary = os.tmpdir()): boolean {
  if (owner.backend) return false;
  if (path.dirname(owner.state) !== fs.realpathSync(temporary)) return false;
  if (!/^hardway-test-[A-Za-z0-9]{6}$/.test(path.basename(owner.state))) return false;
  return !isInUse(owner.state);
}

/** Deletes the labs of killed test runs. Jest calls it before the integration tests. */
export default function removeAbandonedLabs(): void {
  const records = recordedLabs().flatMap((lab) => recordOf(lab) ?? []);
  const abandoned = records.filter((record) => isAbandoned(record));
  for (const { lab, cloud } of abandoned) {
    const state = createTestState();
    process.stderr.write(`Deleting lab ${lab} of a killed test run\n`);
    try {
      execFileSync(path.join(root, 'lab'), ['down', lab, '--take-over', '--yes'], {
        env: { ...process.env, HARDWAY_STATE: state, HARDWAY_CLOUD: cloud },
        stdio: ['ignore', 'ignore', 'inherit'],
        timeout: 5 * 60_000,
      });
    } finally {
      fs.rmSync(state, { recursive: true, force: true });
    }
  }
}
