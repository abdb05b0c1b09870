import { MARK_PROMPTS, PromptFilter, typeInto } from '../../../../cli/drills/terminal';
import { routerCommand } from '../../../../cli/drills/places';

const MARK = '\x1b]633;hardway-prompt\x07';

describe('the filter of prompts', () => {
  test('counts prompts and shows the text around them', () => {
    const filter = new PromptFilter();
    expect(filter.take(`one ${MARK}two${MARK}`)).toBe('one two');
    expect(filter.prompts).toBe(2);
  });

  test.each(Array.from(MARK, (_, length) => length).slice(1))(
    'finds a prompt that is cut after %d characters',
    (length) => {
      const filter = new PromptFilter();
      expect(filter.take(`a${MARK.slice(0, length)}`)).toBe('a');
      expect(filter.take(`${MARK.slice(length)}b`)).toBe('b');
      expect(filter.prompts).toBe(1);
    },
  );

  test('shows other escape sequences', () => {
    const filter = new PromptFilter();
    expect(filter.take('\x1b[32mgreen\x1b[0m\x1b]0;title\x07')).toBe(
      '\x1b[32mgreen\x1b[0m\x1b]0;title\x07',
    );
    expect(filter.prompts).toBe(0);
  });
});

/** Returns what a bash in a terminal shows when the lines are typed. */
async function shown(lines: string[], pace = 0): Promise<string> {
  let text = '';
  const inside = `export PS1='here$ '; ${MARK_PROMPTS}; exec bash --norc --noprofile +H -i`;
  await typeInto({
    command: [
      'script',
      '--quiet',
      '--return',
      '--command',
      `bash -c ${JSON.stringify(inside).replace(/\$/g, '\\$')}`,
      '/dev/null',
    ],
    ...{ lines, pace, show: (piece: string) => void (text += piece) },
  });
  return text.replace(/\r/g, '');
}

describe('typing into a terminal', () => {
  test('shows prompt, command and output in order', async () => {
    const text = await shown(['echo first', 'echo second']);
    expect(text).toMatch(/here\$ echo first\nfirst\nhere\$ echo second\nsecond\nhere\$ exit\n/);
    expect(text).not.toContain('hardway-prompt');
  });

  test('types the next line only after the command has ended', async () => {
    expect(await shown(['sleep 0.4; echo slow', 'echo quick'])).toMatch(
      /slow\nhere\$ echo quick\nquick/,
    );
  });

  test('types a loop of several lines', async () => {
    const text = await shown(['for n in 1 2; do', '  echo "number $n"', 'done']);
    expect(text).toMatch(/number 1\nnumber 2\n/);
  });

  test('types exclamation marks as they are', async () => {
    expect(await shown(['echo "well done!"'])).toContain('\nwell done!\n');
  });

  test('fails if the shell ends early, with its last line', async () => {
    const lines: string[] = [];
    await expect(
      typeInto({
        command: ['bash', '-c', 'echo no way in >&2; exit 255'],
        ...{ lines, pace: 0, show: () => undefined },
      }),
    ).rejects.toThrow('The terminal ended: no way in');
  });
});

test('a script at the router has no power over the rest of the host', () => {
  const words = routerCommand('hardway.local.router', 'bash').join(' ');
  expect(words).toMatch(/^ip netns exec hardway\.local\.router setpriv --reuid=65534 /);
  expect(words).toContain('--bounding-set=-all,+net_admin,+net_raw --no-new-privs bash');
});
