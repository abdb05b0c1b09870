import * as fs from 'node:fs';
import * as path from 'node:path';
import { root } from '../../../util/repo-root';

const PAGE = path.join(root, 'docs/design/host-cases.md');

/** Header of the tables that list cases; the tables of hand runs have others. */
const HEADER = '| case | behaviour of the lab | proof |';

/** Returns the last cell of each row of the tables of cases: the proof of a case. */
const proofs = (): string[] =>
  fs
    .readFileSync(PAGE, 'utf8')
    .split(/^(?=## )/m)
    .filter((section) => section.includes(HEADER))
    .flatMap((section) => section.split('\n'))
    .filter((line) => /^\| (?!case )/.test(line))
    .map((line) => line.split(' | ').at(-1)!.replace(/ \|$/, ''));

interface NamedTest {
  file: string;
  title: string;
}

const testsIn = (proof: string): NamedTest[] =>
  [...proof.matchAll(/`(test\/[^`]+\.test\.ts)` "([^"]+)"/g)].map(([, file, title]) => ({
    file,
    title,
  }));

/** Returns whether the file has a string with exactly this text in front of a comma: a title. */
function exists({ file, title }: NamedTest): boolean {
  const place = path.join(root, file);
  if (!fs.existsSync(place)) return false;
  const text = fs.readFileSync(place, 'utf8').replaceAll("\\'", "'");
  return [`'${title}',`, `"${title}",`, `\`${title}\`,`].some((one) => text.includes(one));
}

/** Returns whether the page of cases has a heading with this anchor. */
const hasHeading = (anchor: string): boolean =>
  fs
    .readFileSync(PAGE, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('## '))
    .some((line) => line.slice(3).toLowerCase().replaceAll(' ', '-') === anchor);

/**
 * Returns whether a proof is a list of tests, a link to a page or a heading that exists, or
 * `not tested`.
 */
function isProof(proof: string): boolean {
  if (proof === 'not tested') return true;
  const [, page, anchor] = /^\[[^\]]+\]\(([^)#]*)#?([^)]*)\)$/.exec(proof) ?? [];
  if (page) return fs.existsSync(path.resolve(path.dirname(PAGE), page));
  if (anchor) return hasHeading(anchor);
  const named = testsIn(proof).map(({ file, title }) => `\`${file}\` "${title}"`);
  return named.length > 0 && named.join('; ') === proof;
}

test('every case of host-cases.md has tests, a page or "not tested" as its proof', () => {
  expect(proofs().length).toBeGreaterThan(40);
  expect(proofs().filter((proof) => !isProof(proof))).toEqual([]);
});

test('a link to a heading that does not exist is no proof', () => {
  expect(isProof('[by hand](#runs-by-hand)')).toBe(true);
  expect(isProof('[by hand](#no-such-heading)')).toBe(false);
});

test('every test that host-cases.md names exists', () => {
  const named = proofs().flatMap(testsIn);
  expect(named.length).toBeGreaterThan(40);
  expect(named.filter((one) => !exists(one))).toEqual([]);
});

test('a test that does not exist is noticed', () => {
  const file = 'test/unit/bench/host-cases.test.ts';
  expect(exists({ file, title: 'every test that host-cases.md names exists' })).toBe(true);
  expect(exists({ file, title: 'every test that host-cases.md names' })).toBe(false);
  expect(exists({ file: 'test/none.test.ts', title: 'a title' })).toBe(false);
});
