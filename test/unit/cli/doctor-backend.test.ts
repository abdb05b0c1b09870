import * as fs from 'node:fs';
import * as path from 'node:path';
import { backendFinding } from '../../../cli/doctor/backend';
import type { EnginePrograms } from '../../../cli/engine/environment';
import { inPlaces, ownPlaces } from '../../support/typed';

ownPlaces();

/** A `pulumi` that prints an error for every command, or none. */
function programs(said: string): EnginePrograms {
  const pulumi = inPlaces('bin', 'pulumi');
  fs.mkdirSync(path.dirname(pulumi), { recursive: true });
  const script = said ? `echo "error: ${said}" >&2; exit 255` : 'echo ada';
  fs.writeFileSync(pulumi, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return { pulumi, languageHostDirectory: inPlaces('bin'), pulumiHome: inPlaces('home') };
}

const judged = (said: string) => backendFinding('s3://states', async () => programs(said) as never);

describe('doctor on a chosen backend of states', () => {
  test('fails with the reason if the backend accepts no login, as up does', async () => {
    expect(await judged('PULUMI_ACCESS_TOKEN must be set')).toEqual({
      status: 'fail',
      found: 's3://states does not accept this user: PULUMI_ACCESS_TOKEN must be set',
      cure: expect.stringContaining('pulumi login'),
    });
  });

  test('is fine if the backend answers, and creates no state', async () => {
    expect(await judged('')).toMatchObject({ status: 'ok', found: 's3://states' });
    expect(fs.existsSync(inPlaces('state'))).toBe(false);
  });

  test('can not ask before the programs are installed', async () => {
    expect(await backendFinding('s3://states', async () => undefined)).toMatchObject({
      status: 'warn',
    });
  });
});

test('without a chosen backend, states are files of this host', async () => {
  expect(await backendFinding(undefined)).toMatchObject({ status: 'ok' });
});
