import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { allDrills, findDrill, readDrills, typedLines } from '../../../../cli/drills/loader';
import { parseTest } from '../../../../cli/commands/drill';
import { Failure } from '../../../../cli/errors';
import { faults, withoutEntry } from '../../../faults';
import { each } from '../../../support/each';
import { root } from '../../../../util/repo-root';

let directory: string;

beforeEach(() => (directory = fs.mkdtempSync(path.join(os.tmpdir(), 'hardway-drills-'))));
afterEach(() => fs.rmSync(directory, { recursive: true }));

const HEAD = {
  title: 'A title',
  cause: 'the route is wrong',
  chapter: '03-routes',
  stage: 'network',
  workers: '2',
  minutes: '5',
  break: 'router',
  solve: '[worker-0, worker-1]',
  fails: '[route.vpc]',
  hints: '[look at the routes]',
};

/** Writes a drill; `undefined` leaves out a key or a file. */
function write(
  head: Partial<Record<string, string>> = {},
  files: Record<string, string | undefined> = {},
  name = 'wrong-turn',
  mode = 0o755,
): void {
  const lines = Object.entries({ ...HEAD, ...head })
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}: ${value}\n`);
  const all = {
    'drill.md': `---\n${lines.join('')}---\n\n"Nothing arrives."\n`,
    'break.sh': '#!/usr/bin/env bash\nip route del 10.200.1.0/24\n',
    'solve.sh': '#!/usr/bin/env bash\n# Look.\n\nip route\nip route add 10.200.1.0/24 via 1\n',
    ...files,
  };
  fs.mkdirSync(path.join(directory, name));
  for (const [file, text] of Object.entries(all))
    if (text !== undefined) fs.writeFileSync(path.join(directory, name, file), text, { mode });
}

const mistakes = (): string[] =>
  readDrills(directory).mistakes.map(({ file, key, text }) => [file, key, text].join(' | '));

describe('a drill', () => {
  test('is read from its folder', () => {
    write();
    expect(allDrills(directory)).toEqual([
      {
        ...{ name: 'wrong-turn', title: 'A title', cause: 'the route is wrong' },
        ...{ chapter: '03-routes', stage: 'network', workers: 2, minutes: 5 },
        ...{ fails: ['route.vpc'], hints: ['look at the routes'], symptom: '"Nothing arrives."' },
        break: { places: ['router'], text: expect.stringContaining('route del') },
        solve: { places: ['worker-0', 'worker-1'], text: expect.stringContaining('route add') },
        objects: undefined,
      },
    ]);
  });

  test('may have a wrong repair and objects', () => {
    write(
      { wrong: 'worker-0' },
      { 'wrong.sh': '#!/usr/bin/env bash\ntrue\n', 'objects.yaml': 'a' },
    );
    expect(allDrills(directory)[0]).toMatchObject({
      wrong: { places: ['worker-0'] },
      objects: 'a',
    });
  });

  test('is typed without the first line, empty lines and directives', () => {
    expect(
      typedLines('#!/usr/bin/env bash\n# shellcheck disable=SC1\n\n# Look.\n ip route\n'),
    ).toEqual(['# Look.', ' ip route']);
  });
});

describe('a mistake names the file and the key:', () => {
  test.each([
    ['a missing key', { workers: undefined }, {}, /drill\.md \| workers \| the key is missing$/],
    [
      'a full stop after the cause',
      { cause: 'The route is wrong.' },
      {},
      /drill\.md \| cause \| leave out the full stop/,
    ],
    [
      'front matter without keys',
      {},
      { 'drill.md': '---\n- a\n---\nText\n' },
      /drill\.md \|  \| expected keys with values/,
    ],
    [
      'an unknown key',
      { minute: '5' },
      {},
      /\| minute \| no such key \(did you mean "minutes"\?\)/,
    ],
    ['a wrong type', { minutes: 'five' }, {}, /drill\.md \| minutes \| .*expected number/],
    [
      'an unknown check',
      { fails: '[route.vcp]' },
      {},
      /\| fails\.0 \| no check is called "route.vcp" \(did/,
    ],
    [
      'a chapter that does not exist',
      { chapter: '09-x' },
      {},
      /drill\.md \| chapter \| .*"03-routes"/,
    ],
    [
      'a place that does not exist',
      { break: 'laptop' },
      {},
      /drill\.md \| break \| expected "router"/,
    ],
    [
      'a worker beyond the number',
      { break: 'worker-2' },
      {},
      /\| break \| worker-2 does not exist in a lab of 2/,
    ],
    [
      'a worker beyond every lab',
      { break: 'worker-9' },
      {},
      /drill\.md \| break \| expected "router"/,
    ],
    [
      'a stage too low for a check',
      { stage: 'none', fails: '[nat.ping]' },
      {},
      /\| stage \| the check nat.ping needs the stage network/,
    ],
    [
      'too few workers for a check',
      { workers: '1', solve: 'worker-0', fails: '[nat.ping]', stage: 'cluster' },
      {},
      /\| workers \| the check nat.ping needs 2 workers/,
    ],
    [
      'a check that is listed twice',
      { fails: '[route.vpc, route.vpc]' },
      {},
      /\| fails \| a check is listed twice/,
    ],
    ['no hint', { hints: '[]' }, {}, /\| hints \| /],
    [
      'a hint that is the solution',
      { hints: '["try ip route add 10.200.1.0/24 via 1"]' },
      {},
      /\| hints\.0 \| the hint contains "ip route add/,
    ],
    ['a missing script', {}, { 'break.sh': undefined }, /break\.sh \|  \| the file does not exist/],
    [
      'a script without a place',
      {},
      { 'wrong.sh': '#!/usr/bin/env bash\ntrue\n' },
      /drill\.md \| wrong \| expected the place of wrong\.sh/,
    ],
    [
      'a place without a script',
      { wrong: 'worker-0' },
      {},
      /wrong\.sh \|  \| the file does not exist/,
    ],
    [
      'a script for another shell',
      {},
      { 'solve.sh': '#!/bin/sh\nip route add x\n' },
      /solve\.sh \|  \| expected #!\/usr\/bin\/env bash/,
    ],
    [
      'an empty script',
      {},
      { 'solve.sh': '#!/usr/bin/env bash\n' },
      /solve\.sh \|  \| expected a command/,
    ],
    [
      'a tab in a script',
      {},
      { 'solve.sh': '#!/usr/bin/env bash\nif true; then\n\tls\nfi\n' },
      /solve\.sh \|  \| replace tabs/,
    ],
    ['no front matter', {}, { 'drill.md': 'Hello\n' }, /drill\.md \|  \| expected front matter/],
    [
      'no symptom',
      {},
      { 'drill.md': '---\ntitle: A\n---\n' },
      /drill\.md \|  \| expected the symptom/,
    ],
    [
      'front matter that is no YAML',
      {},
      { 'drill.md': '---\n a: [\n---\nText\n' },
      /drill\.md \|  \| not YAML/,
    ],
  ])('%s', (_name, head, files, expected) => {
    write(head, files);
    expect(mistakes().join('\n')).toMatch(expected);
  });

  test('a folder with capital letters', () => {
    write({}, {}, 'Wrong');
    expect(mistakes()).toEqual([expect.stringMatching(/^Wrong\/? \|  \| name the folder with/)]);
  });

  test('scripts that are not executable', () => {
    write({}, {}, 'one', 0o644);
    expect(mistakes()).toEqual([
      'one/break.sh |  | not executable: chmod +x',
      'one/solve.sh |  | not executable: chmod +x',
    ]);
  });

  test('all mistakes of all drills are printed at once', () => {
    write(
      {
        ...{ title: undefined, minutes: 'five', solve: 'worker-9', wrong: 'worker-0', minute: '5' },
        ...{ break: 'worker-2', hints: '["ip route add 10.200.1.0/24 via 1"]' },
      },
      { 'break.sh': undefined, 'clean.sh': '#!/bin/sh\ntrue\n' },
      'one',
    );
    write({ stage: 'none', fails: '[route.vcp, nat.ping]', may: '[nat.ping]' }, {}, 'two');
    const found = mistakes().map((line) => line.replace(/ \| (?!.* \| ).*/, ''));
    expect(found).toEqual([
      'one/drill.md | title',
      'one/drill.md | minutes',
      'one/drill.md | solve',
      'one/drill.md | minute',
      'one/drill.md | break',
      'one/break.sh | ',
      'one/drill.md | hints.0',
      'one/wrong.sh | ',
      'one/drill.md | clean',
      'one/clean.sh | ',
      'two/drill.md | fails.0',
      'two/drill.md | stage',
      'two/drill.md | fails',
    ]);
    expect(() => allDrills(directory)).toThrow(/^13 mistakes in drills:\n {2}drills\/one\/drill/);
  });

  test('a drill with mistakes is refused as wrong usage, and others are found', () => {
    write({}, {}, 'good');
    write({ title: undefined }, {}, 'bad');
    const read = readDrills(directory);
    expect(findDrill('good', read).name).toBe('good');
    const refused = (): unknown => findDrill('bad', read);
    expect(refused).toThrow(
      '1 mistake in drills:\n  drills/bad/drill.md: title: the key is missing',
    );
    expect(refused).toThrow(expect.objectContaining({ exitCode: 2 }));
    expect(parseTest(['good'], read).drills.map(({ name }) => name)).toEqual(['good']);
    expect(() => parseTest(['bad'], read)).toThrow('1 mistake in drills:');
    expect(() => parseTest([], read)).toThrow('1 mistake in drills:');
  });
});

test('a mistyped drill is answered with the nearest name', () => {
  write();
  expect(() => findDrill('wrong-trun', readDrills(directory))).toThrow(Failure);
  expect(() => findDrill('wrong-trun', readDrills(directory))).toThrow(
    'There is no drill "wrong-trun" (did you mean "wrong-turn"?).',
  );
});

describe('the drills of this project', () => {
  test('have no mistake, and each of them its own title and cause', () => {
    const drills = allDrills();
    expect(drills.length).toBeGreaterThanOrEqual(26);
    expect(new Set(drills.map(({ title }) => title)).size).toBe(drills.length);
    expect(new Set(drills.map(({ cause }) => cause)).size).toBe(drills.length);
  });

  test('are all in the fault tests, which expect no other checks to fail', () => {
    const drills = allDrills().filter(({ workers }) => workers <= 2);
    expect([...new Set(faults.map(({ drill }) => drill))].sort()).toEqual(
      drills.map(({ name }) => name).sort(),
    );
    each(
      faults.filter(({ worse }) => !worse),
      ({ drill, fails, passes }) => {
        const { fails: always, may = [] } = findDrill(drill);
        const known = [...always, ...may];
        expect(known).toEqual(expect.arrayContaining(Object.keys(fails)));
        expect(passes.filter((id) => known.includes(id))).toEqual([]);
      },
    );
  });

  test('have a fault without reasons if they have no entry', () => {
    const one = { name: 'new', fails: ['route.vpc', 'nat.ping'], workers: 2 };
    const large = { ...one, name: 'large', workers: 3 };
    const known = { ...one, name: 'known' };
    const entry = { drill: 'known', fails: {}, passes: [] };
    expect(withoutEntry([one, large, known], [entry])).toEqual([
      { drill: 'new', fails: { 'route.vpc': /./, 'nat.ping': /./ }, passes: [] },
    ]);
  });

  test('are in the table of trials, with their cause', () => {
    const page = fs.readFileSync(path.join(root, 'docs/guides/drills-tested.md'), 'utf8');
    const rows = page.match(/^\| [a-z0-9-]+ \| .*? \|(?= \d)/gm);
    expect(rows).toEqual(
      allDrills()
        .map(({ name, cause }) => `| ${name} | ${cause} |`)
        .sort(),
    );
  });
});
