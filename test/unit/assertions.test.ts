import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { assertingFunctions, weakTests } from '../support/assertions';
import { root } from '../../util/repo-root';

const files = execFileSync('git', ['ls-files', '-z', 'test/**/*.ts'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\0')
  .filter((file) => file !== '' && fs.existsSync(path.join(root, file)));
const sources = new Map(
  files.map((file) => [file, fs.readFileSync(path.join(root, file), 'utf8')]),
);

/** Returns the problem of a test with that body; `undefined` if it certainly asserts. */
const problemOf = (body: string, before = ''): string | undefined =>
  weakTests(`${before}\ntest('a title', async () => { ${body} });`)[0]?.problem;

describe('a test', () => {
  test.each([
    ['without an assertion', 'run();'],
    ['that calls a function of its file without one', 'run();', 'const run = () => 1;'],
  ])('%s is reported', (_title, body, before = '') => {
    expect(problemOf(body, before)).toBe('no assertion');
  });

  test.each([
    'for (const one of list) expect(one).toBe(1);',
    'list.forEach((one) => expect(one).toBe(1));',
    '[...list].map((one) => expect(one).toBe(1));',
    'if (found) expect(found).toBe(1);',
    'for (const one of list) check(one);',
  ])('with its only assertion in a part that may not run is reported: %s', (body) => {
    expect(problemOf(body, 'function check(one) { expect(one).toBe(1); }')).toBe(
      'assertions only inside a loop or a condition',
    );
  });

  test.each([
    'expect(1).toBe(1);',
    'each(list, (one) => expect(one).toBe(1));',
    'for (const one of [1, 2]) expect(one).toBe(1);',
    'await check(1);',
    'expect(list).toHaveLength(2); for (const one of list) expect(one).toBe(1);',
    'await expect(run()).rejects.toThrow();',
  ])('that certainly asserts is not: %s', (body) => {
    expect(problemOf(body, 'const check = (one) => expect(one).toBe(1);')).toBeUndefined();
  });
});

describe('this repository', () => {
  const helpers = assertingFunctions(
    [...sources].filter(([file]) => !file.endsWith('.test.ts')).map(([, text]) => text),
  );

  test('has no test that may pass without an assertion', () => {
    expect(files.length).toBeGreaterThan(100);
    const weak = [...sources].flatMap(([file, text]) =>
      weakTests(text, helpers).map(
        ({ line, title, problem }) => `${file}:${line} ${title}: ${problem}`,
      ),
    );
    expect(weak).toEqual([]);
  });
});
