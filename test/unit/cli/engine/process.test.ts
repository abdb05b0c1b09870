import * as fs from 'node:fs';
import * as path from 'node:path';
import type { EngineEvent } from '@pulumi/pulumi/automation';
import { engineFailure } from '../../../../cli/engine/errors';
import { EventLog } from '../../../../cli/engine/event-log';
import { pulumi, pulumiWithEvents } from '../../../../cli/engine/process';
import { isAbsent } from '../../../../cli/engine/state-files';
import { backendDirectory } from '../../../../cli/engine/state-directory';
import { ownerOf } from '../../../../util/scratch-directory';
import { inPlaces, ownPlaces } from '../../../support/typed';

ownPlaces();

/** Place of an engine with a shell script as its program `pulumi`; $LOG is its event log. */
function placeWith(script: string): Parameters<typeof pulumi>[0] {
  fs.mkdirSync(inPlaces('bin'), { recursive: true });
  const log = 'while [ $# -gt 0 ]; do [ "$1" != --event-log ] || LOG=$2; shift; done';
  fs.writeFileSync(inPlaces('bin', 'pulumi'), `#!/bin/sh\n${log}\n${script}\n`, { mode: 0o755 });
  return { workDir: inPlaces(), envVars: { PATH: `${inPlaces('bin')}:${process.env.PATH}` } };
}

async function eventsOf(script: string, signal?: AbortSignal): Promise<EngineEvent[]> {
  const events: EngineEvent[] = [];
  const onEvent = (event: EngineEvent): void => void events.push(event);
  await pulumiWithEvents(placeWith(script), ['up'], { onEvent, signal });
  return events;
}

/** Returns the message of the Failure that a failed engine becomes. */
const failureOf = async (work: Promise<unknown>): Promise<string> =>
  engineFailure(
    await work.then(
      () => undefined,
      (error: unknown) => error,
    ),
  ).message;

describe('a run of the engine', () => {
  test('reports every event that the engine wrote, also its last ones', async () => {
    const events = await eventsOf(
      `printf '{"sequence":1}\\n{"seq' > $LOG; sleep 0.2; printf 'uence":2}\\n{"sequence":3}\\n' >> $LOG`,
    );
    expect(events.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
  });

  test('reports an event while the engine works', async () => {
    const stop = new AbortController();
    const seen: number[] = [];
    await pulumiWithEvents(
      placeWith(`trap 'exit 0' INT; echo '{"sequence":7}' > $LOG; while :; do sleep 0.1; done`),
      ['up'],
      {
        signal: stop.signal,
        onEvent: ({ sequence }) => {
          seen.push(sequence!);
          stop.abort();
        },
      },
    );
    expect(seen).toEqual([7]);
  });

  test('has no reader of its output, which an engine that outlives ./lab could not write', async () => {
    const [{ message } = { message: '' }] = (
      await eventsOf(
        `echo "{\\"stdoutEvent\\":{\\"message\\":\\"$(readlink /proc/$$/fd/1)\\"}}" > $LOG`,
      )
    ).flatMap(({ stdoutEvent }) => stdoutEvent ?? []);
    expect(message).toBe('/dev/null');
  });

  test('fails with the standard error of the engine', async () => {
    expect(await failureOf(eventsOf('echo "error: no such stack" >&2; exit 255'))).toBe(
      'no such stack',
    );
  });

  test('fails with the signal that killed the engine', async () => {
    expect(await failureOf(eventsOf('kill -KILL $$'))).toBe(
      'The Pulumi engine was killed (SIGKILL) before it ended.',
    );
    expect(await failureOf(pulumi(placeWith('kill -TERM $$'), 'stack'))).toBe(
      'The Pulumi engine was killed (SIGTERM) before it ended.',
    );
  });

  test('fails if the program does not exist', async () => {
    const place = { workDir: inPlaces(), envVars: { PATH: inPlaces('none') } };
    const run = pulumiWithEvents(place, ['up'], { onEvent: () => undefined });
    expect(await failureOf(run)).toMatch(/^The Pulumi engine does not start: .*ENOENT/);
  });
});

describe('a short command of the engine', () => {
  test('returns the output as text, also if a character is split between two writes', async () => {
    const split = "printf '\\303'; sleep 0.1; printf '\\251\\n'; echo warning >&2";
    expect(await pulumi(placeWith(split), 'stack', 'ls')).toBe('é\n');
  });

  test('gets its arguments, and no terminal to ask', async () => {
    const place = placeWith('exec cat "$0.args"');
    fs.writeFileSync(
      inPlaces('bin', 'pulumi'),
      '#!/bin/sh\necho "$*"; test -t 0 || echo no terminal\n',
    );
    expect(await pulumi(place, 'stack', 'ls')).toBe('stack ls --non-interactive\nno terminal\n');
  });

  test('fails with the standard error of the engine', async () => {
    const failing = pulumi(
      placeWith('echo "error: no stack named a found" >&2; exit 255'),
      'stack',
    );
    await expect(failing).rejects.toMatchObject({ message: 'no stack named a found' });
  });
});

describe('the event log', () => {
  test('is private, names its process, and is deleted when it is closed', () => {
    const log = new EventLog(() => undefined);
    const directory = path.dirname(log.file);
    expect(fs.statSync(directory).mode & 0o777).toBe(0o700);
    expect(ownerOf(path.basename(directory))).toBe(process.pid);
    log.close();
    expect(fs.existsSync(directory)).toBe(false);
  });

  test('is read to the end if a character is split between two writes', () => {
    const texts: string[] = [];
    const log = new EventLog((event) => void texts.push(event.stdoutEvent!.message));
    const line = Buffer.from('{"stdoutEvent":{"message":"é","color":""}}\n');
    const split = line.indexOf(0xc3) + 1;
    fs.appendFileSync(log.file, line.subarray(0, split));
    log['read']();
    fs.appendFileSync(log.file, line.subarray(split));
    log.close();
    expect(texts).toEqual(['é']);
  });
});

describe('a stack', () => {
  const states = (): string => path.join(backendDirectory(), '.pulumi/stacks/hardway-lab');
  beforeEach(() => fs.mkdirSync(states(), { recursive: true }));
  afterEach(() => void delete process.env.PULUMI_BACKEND_URL);

  test('is absent from the default backend without a state file', () => {
    expect(isAbsent('local-a')).toBe(true);
    fs.writeFileSync(path.join(states(), 'local-a.json'), '{}');
    expect(isAbsent('local-a')).toBe(false);
  });

  test('is not absent if its state is compressed, or in a backend of the user', () => {
    fs.writeFileSync(path.join(states(), 'local-b.json.gz'), '');
    expect(isAbsent('local-b')).toBe(false);
    process.env.PULUMI_BACKEND_URL = 's3://states';
    expect(isAbsent('local-a')).toBe(false);
  });
});
