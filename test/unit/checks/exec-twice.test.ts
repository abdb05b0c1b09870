import { execFailure, execTwice, type LabUnderTest } from '../../../checks/lab';
import type { Ran } from '../../../checks/access';

const lab = (results: Ran[], calls: string[][]): LabUnderTest =>
  ({
    pods: { namespace: 'verify-1' },
    access: {
      kubectl: async (args: string[]) => {
        calls.push(args);
        return results[calls.length - 1];
      },
    },
  }) as unknown as LabUnderTest;

const late: Ran = { code: 1, stdout: '', stderr: 'error: timed out waiting for the container\n' };
const answered: Ran = { code: 0, stdout: 'ttl=62', stderr: '' };
const isAnswered = ({ stdout }: Ran): boolean => stdout !== '';

describe('a command in a pod of a busy host', () => {
  test('runs once more if it had no result', async () => {
    const calls: string[][] = [];
    const ran = await execTwice(lab([late, answered], calls), 'pod-0', ['ping', 'IP'], isAnswered);
    const typed = ['-n', 'verify-1', 'exec', 'pod-0', '--', 'ping', 'IP'];
    expect(calls).toEqual([typed, typed]);
    expect(ran).toEqual({ ...answered, typed: `kubectl ${typed.join(' ')}` });
  });

  test('runs once if it had a result', async () => {
    const calls: string[][] = [];
    await execTwice(lab([answered, late], calls), 'pod-0', ['ping', 'IP'], isAnswered);
    expect(calls).toHaveLength(1);
  });

  test('is reported with the error of kubectl if it printed nothing', () => {
    expect(execFailure(late)).toBe('error: timed out waiting for the container');
    expect(execFailure(answered)).toBe('');
    expect(execFailure({ code: 1, stdout: 'PING IP', stderr: 'exit code 1' })).toBe('');
  });
});
