import { execFileSync } from 'node:child_process';
import { Gate, newToken } from '../../../web';
import { asText, MarkReader, markPrompts, type Report } from '../../../tour/server/marks';
import { parseMessage } from '../../../tour/server/messages';

describe('the marks of a shell', () => {
  const SECRET = 'abc';

  /** Reports of a bash for typed lines. */
  function reports(lines: string[], piece: number): Report[] {
    const output = execFileSync('bash', ['-c', 'exec bash --norc --noprofile -i 2>&1'], {
      input: `${markPrompts(SECRET)}\n${lines.join('\n')}\nexit 0\n`,
      encoding: 'utf8',
      // As Debian's .bashrc sets it.
      env: { ...process.env, PS1: '$ ', HISTCONTROL: 'ignoreboth' },
    });
    const reader = new MarkReader(SECRET);
    const pieces = output.match(new RegExp(`[^]{1,${piece}}`, 'g')) ?? [];
    return pieces.flatMap((one) => reader.take(one));
  }

  test.each([1, 7, 100_000])('name each command that was run, read in pieces of %d', (piece) => {
    const ends = reports(['echo one', "printf 'two; three'", 'false'], piece).flatMap((one) =>
      one.kind === 'end' ? [{ typed: one.typed, code: one.code }] : [],
    );
    expect(ends.slice(-3)).toEqual([
      { typed: 'echo one', code: 0 },
      { typed: "printf 'two; three'", code: 0 },
      { typed: 'false', code: 1 },
    ]);
  });

  test('name commands that a history would leave out', () => {
    const ends = reports(['echo one', 'echo one', ' echo hidden'], 100_000).flatMap((one) =>
      one.kind === 'end' ? [one.typed] : [],
    );
    expect(ends.slice(-3)).toEqual(['echo one', 'echo one', 'echo hidden']);
  });

  test('are not in the text that the terminal shows', () => {
    const text = reports(['echo one'], 5)
      .map((one) => (one.kind === 'output' ? one.text : ''))
      .join('');
    expect(text).toContain('one\n');
    expect(text).not.toContain('\x1b]633');
  });

  test('of another shell are text', () => {
    const reader = new MarkReader(SECRET);
    const forged = '\x1b]633;hardway-tour;guess;D;0;bHM=\x07';
    expect(reader.take(forged).every(({ kind }) => kind === 'output')).toBe(true);
  });
});

test('the text of a terminal has no colours and no carriage returns', () => {
  expect(asText('\x1b[01;32mubuntu\x1b[0m\r\n\x1b]0;title\x07\x1b[?2004lls')).toBe('ubuntu\nls');
});

describe('the gate', () => {
  const token = newToken();
  const gate = new Gate(token, '192.0.2.7');
  const at = (url: string, host = '127.0.0.1:7080') => gate.pathOf({ url, headers: { host } });

  test('knows its token, and only at loopback or at the address that was asked for', () => {
    expect(at(`/${token}/page.js?x`)).toBe('/page.js');
    expect(at(`/${token}/`, 'localhost:7080')).toBe('/');
    expect(at(`/${token}/`, '192.0.2.7:7080')).toBe('/');
    expect(at(`/${token}/`, 'tour.example:7080')).toBeUndefined();
    expect(at(`/${newToken()}/`)).toBeUndefined();
    expect(at(`/${token}x/`)).toBeUndefined();
    expect(at(`/${token.slice(1)}/`)).toBeUndefined();
    expect(at('//')).toBeUndefined();
    expect(gate.pathOf({ url: `/${token}/`, headers: {} })).toBeUndefined();
  });

  test('opens a socket for its own page only', () => {
    const own = (origin?: string) =>
      gate.isOwnPage({ headers: { host: '127.0.0.1:7080', ...(origin && { origin }) } });
    expect(own('http://127.0.0.1:7080')).toBe(true);
    expect(own('http://127.0.0.1:7081')).toBe(false);
    expect(own('http://tour.example')).toBe(false);
    expect(own('null')).toBe(false);
    expect(own()).toBe(false);
  });

  test('gives every tour a token that cannot be guessed', () => {
    expect(token).toMatch(/^[\w-]{32}$/);
    expect(newToken()).not.toBe(token);
  });
});

test('messages of another form are ignored', () => {
  expect(parseMessage('{"type":"walk","step":"nat.ping"}')).toEqual({
    type: 'walk',
    step: 'nat.ping',
  });
  const wrong = [
    'not JSON',
    '{"type":"walk","step":"nat.ping","to":"192.0.2.1"}',
    '{"type":"drill","verb":"solve; reboot","name":"x"}',
    '{"type":"open","place":"worker-0","columns":1e9,"rows":2}',
    '{"type":"run","command":"id"}',
  ];
  expect(wrong.map(parseMessage)).toEqual(wrong.map(() => undefined));
});
