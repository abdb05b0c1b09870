import * as fs from 'node:fs';
import * as path from 'node:path';
import { stateProbe } from '../../../../cli/doctor/host';
import { Engine } from '../../../../cli/engine/engine';
import { lostPassphrase, passphraseFile, wrongPassphrase } from '../../../../cli/engine/passphrase';
import { stackFile, stacksDirectory } from '../../../../cli/engine/project';
import { backendDirectory } from '../../../../cli/engine/state-directory';
import { withCure } from '../../../../cli/errors';
import { inPlaces, ownPlaces } from '../../../support/typed';

ownPlaces();
beforeEach(() => {
  for (const name of Object.keys(process.env))
    if (/^PULUMI_(CONFIG_PASSPHRASE|BACKEND_URL)/.test(name)) delete process.env[name];
});

const file = (): string => inPlaces('state', 'passphrase');

/** Writes a file with the directories above it. */
function write(name: string, content: string): void {
  fs.mkdirSync(path.dirname(name), { recursive: true });
  fs.writeFileSync(name, content);
}

/** Writes the state of a stack in the default backend. */
const writeState = (stack: string, ending = 'json'): void =>
  write(path.join(backendDirectory(), `.pulumi/stacks/hardway-lab/${stack}.${ending}`), '{}');

/** Returns the text of the Failure for a lost passphrase; '' if there is none. */
const lost = (stack?: string): string => {
  const failure = lostPassphrase(stack);
  return failure ? withCure(failure) : '';
};

const restore = 'restore that file, or set PULUMI_CONFIG_PASSPHRASE to the passphrase';

describe('a lost passphrase', () => {
  test('is not replaced: the failure names the lab, the file and the ways on', () => {
    writeState('local-s01');
    expect(passphraseFile()).toBe(file());
    expect(fs.existsSync(file())).toBe(false);
    expect(lost()).toBe(
      `The passphrase of lab local-s01 is lost: ${file()} does not exist.\nTo do: ${restore}; ./lab down local-s01 removes a local lab without it`,
    );
  });

  test('is what an empty file gives', () => {
    writeState('local');
    write(file(), '\n');
    expect(passphraseFile()).toBe(file());
    expect(lost()).toBe(
      `The passphrase of lab local is lost: ${file()} is empty.\nTo do: ${restore}; ./lab down removes a local lab without it`,
    );
  });

  test('is found by the salt in the config of a lab in another backend', () => {
    write(stackFile('aws-s01'), 'encryptionsalt: v1:abc\nconfig: {}\n');
    write(stackFile('gcp-s01'), 'config: {}\n');
    passphraseFile();
    expect(fs.existsSync(file())).toBe(false);
    expect(lost()).toContain('The passphrase of lab aws-s01 is lost: ');
    expect(lost()).toMatch(
      /passphrase; \.\/lab audit lists what a lab has in its cloud, to delete it by hand$/,
    );
  });

  test('names few labs, the asked lab alone, and counts many', () => {
    for (const id of ['s01', 's02', 's03', 's04']) writeState(`local-${id}`);
    writeState('aws-s05', 'json.gz');
    fs.mkdirSync(stacksDirectory(), { recursive: true });
    expect(lost()).toContain('The passphrase of 5 labs is lost: ');
    expect(lost()).toContain('; ./lab down NAME removes a local lab without it; ./lab audit ');
    expect(lost('local-s02')).toContain('The passphrase of lab local-s02 is lost: ');
    fs.rmSync(path.join(backendDirectory(), '.pulumi/stacks/hardway-lab/local-s01.json'));
    expect(lost('local-new')).toContain(
      'The passphrase of labs aws-s05, local-s02, local-s03 and local-s04 is lost: ',
    );
  });

  test('is reported by the engine before it reads a lab, and nothing is created', async () => {
    // The engine closes files that it creates, for all tests of this process.
    const umask = process.umask();
    writeState('local-s01');
    const programs = {
      pulumi: '/bin/false',
      languageHostDirectory: '/bin',
      pulumiHome: inPlaces('home'),
    };
    const engine = await Engine.open(programs);
    process.umask(umask);
    await expect(engine.snapshot('local-s01')).rejects.toThrow(/^The passphrase of lab local-s01 /);
    expect(await engine.snapshot('local-s02')).toBeUndefined();
    expect(fs.existsSync(file())).toBe(false);
  });

  test('is a finding of doctor', async () => {
    fs.mkdirSync(inPlaces('state'), { mode: 0o700 });
    expect(await stateProbe.look()).toMatchObject({ status: 'ok' });
    writeState('local-s01');
    expect(await stateProbe.look()).toMatchObject({
      status: 'fail',
      found: expect.stringContaining('The passphrase of lab local-s01 is lost'),
      cure: expect.stringContaining(restore),
    });
  });
});

describe('the passphrase', () => {
  test('is created if no lab is encrypted', () => {
    write(stackFile('local'), 'config: {}\n');
    expect(lost()).toBe('');
    expect(fs.readFileSync(passphraseFile(), 'utf8')).toMatch(/^\S{43}\n$/);
    writeState('local');
    expect(lost()).toBe('');
  });

  test('is not taken from an empty or unreadable file, even if nothing is encrypted', () => {
    write(file(), '');
    expect(lost()).toBe(
      `The passphrase file ${file()} is empty.\nTo do: delete it: ./lab creates a new one`,
    );
    fs.rmSync(file());
    fs.mkdirSync(file());
    expect(lost()).toBe(
      `The passphrase file ${file()} can't be read (EISDIR).\nTo do: make it readable: ls -ld ${file()}`,
    );
  });

  test('is the choice of the user, who can set an empty one or another file', () => {
    writeState('local');
    process.env.PULUMI_CONFIG_PASSPHRASE = '';
    expect(lost()).toBe('');
    delete process.env.PULUMI_CONFIG_PASSPHRASE;
    const chosen = inPlaces('mine');
    process.env.PULUMI_CONFIG_PASSPHRASE_FILE = chosen;
    expect(lost()).toBe(
      `PULUMI_CONFIG_PASSPHRASE_FILE names ${chosen}, which does not exist.\nTo do: set it to the file with the passphrase of your labs, or unset it`,
    );
    write(chosen, '');
    expect(lost()).toBe('');
    delete process.env.PULUMI_CONFIG_PASSPHRASE_FILE;
  });

  test('that does not fit is named by its source', () => {
    const messages = [
      {},
      { PULUMI_CONFIG_PASSPHRASE_FILE: '/mine' },
      { PULUMI_CONFIG_PASSPHRASE: 'secret', PULUMI_CONFIG_PASSPHRASE_FILE: '/mine' },
    ].map((given) => wrongPassphrase(given).message);
    expect(messages).toEqual(
      [file(), '/mine', 'PULUMI_CONFIG_PASSPHRASE'].map(
        (source) => `The passphrase in ${source} does not fit this state.`,
      ),
    );
  });
});
