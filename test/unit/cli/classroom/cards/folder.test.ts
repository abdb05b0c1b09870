import { execFileSync, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { cardOf } from '../../../../../cli/classroom/cards';
import { MARK } from '../../../../../cli/classroom/cards/card';
import { CardFolder } from '../../../../../cli/classroom/cards/folder';
import type { Student } from '../../../../../cli/classroom/roster';
import type { Snapshot } from '../../../../../cli/engine/snapshot';
import { labOutputs } from '../../../../support/outputs';

let above: string;
let out: string;
beforeEach(() => {
  above = fs.mkdtempSync(path.join(os.tmpdir(), 'cards-'));
  out = path.join(above, 'cards');
});
afterEach(() => fs.rmSync(above, { recursive: true }));

const PAGE = `${MARK} of Ada\n`;
const mode = (file: string): number => fs.statSync(file).mode & 0o777;
const ROSTER = { file: 'students.yaml' };
const student: Student = {
  id: 's01',
  name: 'Ada Lovelace',
  lab: { stack: 'local-s01', cloud: 'local' },
  settings: new Map(),
};
const up = (more: Partial<Snapshot['outputs']> = {}): Snapshot => ({
  resources: [],
  digest: '',
  pending: false,
  pendingCreates: [],
  outputs: { ...labOutputs('local-s01'), ...more },
});

describe('a card', () => {
  test('is readable for its owner only, and so is its folder', () => {
    const umask = process.umask(0);
    try {
      expect(CardFolder.at(out, ['s01']).write('s01', PAGE)).toBe(path.join(out, 's01.html'));
    } finally {
      process.umask(umask);
    }
    expect([out, path.join(out, 's01.html')].map(mode)).toEqual([0o700, 0o600]);
  });

  test('replaces the previous card with closed permissions, and touches no other file', () => {
    CardFolder.at(out, ['s01']).write('s01', `${PAGE}${'x'.repeat(10_000)}`);
    fs.chmodSync(path.join(out, 's01.html'), 0o644);
    fs.writeFileSync(path.join(out, 'notes.txt'), 'mine');
    CardFolder.at(out, ['s01', 's02']).write('s01', PAGE);
    expect(fs.readFileSync(path.join(out, 's01.html'), 'utf8')).toBe(PAGE);
    expect(mode(path.join(out, 's01.html'))).toBe(0o600);
    expect(fs.readdirSync(out).sort()).toEqual(['notes.txt', 's01.html']);
  });

  test('leaves no partial file if it can’t be put in its place', () => {
    const folder = CardFolder.at(out, ['s01']);
    fs.mkdirSync(path.join(out, 's01.html'), { recursive: true });
    fs.chmodSync(out, 0o700);
    expect(() => folder.write('s01', PAGE)).toThrow('EISDIR');
    expect(fs.readdirSync(out)).toEqual(['s01.html']);
  });

  test('written partly by a killed run is deleted by the next run, unlike the card of a running one', () => {
    fs.mkdirSync(out, { mode: 0o700 });
    const { pid } = spawnSync('true');
    for (const name of [`s07.html.${pid}`, `s08.html.${process.ppid}`])
      fs.writeFileSync(path.join(out, name), 'half');
    CardFolder.at(out, ['s01']).write('s01', PAGE);
    expect(fs.readdirSync(out).sort()).toEqual(['s01.html', `s08.html.${process.ppid}`]);
  });
});

describe('a refused folder', () => {
  const refused = (message: RegExp): void =>
    expect(() => CardFolder.at(out, ['s01'])).toThrow(message);

  test('is readable for other users', () => {
    fs.mkdirSync(out, { mode: 0o755 });
    refused(/is readable for other users, and cards hold keys/);
    expect(mode(out)).toBe(0o755);
  });

  test('is a file, or has no parent directory', () => {
    fs.writeFileSync(out, '');
    refused(/is not a directory/);
    out = path.join(above, 'no', 'cards');
    refused(/Directory .*no for .* does not exist/);
    expect(fs.existsSync(path.join(above, 'no'))).toBe(false);
  });

  test('has a file or a link with a card’s name that is no card', () => {
    fs.mkdirSync(out, { mode: 0o700 });
    fs.writeFileSync(path.join(out, 's01.html'), '<h1>my own page</h1>');
    refused(/has files that are not cards: s01\.html/);
    fs.writeFileSync(path.join(above, 'card.html'), PAGE);
    fs.rmSync(path.join(out, 's01.html'));
    fs.symlinkSync(path.join(above, 'card.html'), path.join(out, 's01.html'));
    refused(/has files that are not cards: s01\.html/);
  });

  test('is in a git repository, also through a link, unless git ignores it', () => {
    execFileSync('git', ['init', '--quiet', above]);
    refused(/is in the git repository .*, and cards hold keys/);
    expect(fs.existsSync(out)).toBe(false);
    const elsewhere = fs.mkdtempSync(path.join(os.tmpdir(), 'cards-link-'));
    fs.mkdirSync(path.join(above, 'real'), { mode: 0o700 });
    fs.symlinkSync(path.join(above, 'real'), path.join(elsewhere, 'link'));
    expect(() => CardFolder.at(path.join(elsewhere, 'link'), ['s01'])).toThrow(
      /is in the git repository/,
    );
    fs.rmSync(elsewhere, { recursive: true });
    fs.writeFileSync(path.join(above, '.gitignore'), '/cards/\n');
    expect(() => CardFolder.at(out, ['s01'])).not.toThrow();
  });
});

(process.getuid!() === 0 ? describe : describe.skip)('as root by sudo', () => {
  afterEach(() => {
    delete process.env.SUDO_UID;
    delete process.env.SUDO_GID;
  });

  test('cards belong to the user who called sudo, and another user’s directory is refused', () => {
    Object.assign(process.env, { SUDO_UID: '12345', SUDO_GID: '12345' });
    CardFolder.at(out, ['s01']).write('s01', PAGE);
    expect([out, path.join(out, 's01.html')].map((file) => fs.statSync(file).uid)).toEqual([
      12345, 12345,
    ]);
    process.env.SUDO_UID = '777';
    expect(() => CardFolder.at(out, ['s01'])).toThrow(/belongs to another user/);
  });
});

describe('cardOf', () => {
  test('writes a card for a lab that is up', () => {
    expect(cardOf(student, up(), CardFolder.at(out, ['s01']), ROSTER)).toEqual({
      id: 's01',
      name: 'Ada Lovelace',
      lab: 'local-s01',
      file: path.join(out, 's01.html'),
    });
    expect(fs.readFileSync(path.join(out, 's01.html'), 'utf8')).toContain(MARK);
  });

  test('deletes the old card of a lab that is not up, and reports the problem', () => {
    cardOf(student, up(), CardFolder.at(out, ['s01']), ROSTER);
    for (const snapshot of [undefined, { ...up(), outputs: undefined }]) {
      const { file, problem } = cardOf(student, snapshot, CardFolder.at(out, ['s01']), ROSTER);
      expect(file).toBeUndefined();
      expect(problem).toMatch(
        /^the lab is not up.*\nTo do: \.\/lab class up students\.yaml --only s01/,
      );
    }
    expect(fs.readdirSync(out)).toEqual([]);
  });

  test('names the missing half of a jump host’s settings', () => {
    const jump = { user: 'student', port: 22001, hostKey: 'ssh-ed25519 AAAAjump' };
    const folder = CardFolder.at(out, ['s01']);
    expect(
      cardOf(student, up(), folder, { ...ROSTER, jumpHost: 'lab.example.org' }).problem,
    ).toMatch(/the lab has no jump host/);
    expect(cardOf(student, up({ jump }), folder, ROSTER).problem).toMatch(/the roster no jumpHost/);
    const { file, problem } = cardOf(student, up({ jump }), folder, {
      ...ROSTER,
      jumpHost: 'lab.example.org',
    });
    expect(problem).toBeUndefined();
    expect(fs.readFileSync(file!, 'utf8')).toContain('ssh://student@<wbr>lab.example.org:22001');
  });
});
