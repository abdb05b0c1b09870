import * as fs from 'node:fs';
import * as path from 'node:path';
import { root } from '../../../util/repo-root';

/** Pages with tables that name tests in the last column, `proof`; the header of these tables. */
const PAGES = [
  { page: 'docs/design/host-cases.md', header: '| case | behaviour of the lab | proof |' },
  { page: 'docs/design/cloud-findings.md', header: '| finding | repair | proof |' },
];

const textOf = (page: string): string => fs.readFileSync(path.join(root, page), 'utf8');

/** Returns the last cell of each row of the tables with this header. */
const proofsIn = ({ page, header }: (typeof PAGES)[number]): string[] =>
  textOf(page)
    .split(/^(?=## )/m)
    .filter((section) => section.includes(header))
    .flatMap((section) => section.split('\n'))
    .filter((line) => line.startsWith('| ') && line !== header)
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

/** Returns whether a page has a heading with this anchor. */
const hasHeading = (page: string, anchor: string): boolean =>
  textOf(page)
    .split('\n')
    .filter((line) => line.startsWith('## '))
    .some((line) => line.slice(3).toLowerCase().replaceAll(' ', '-') === anchor);

/**
 * Returns whether a proof is a list of tests, a link to a page or a heading that exists, or
 * `not tested`.
 */
function isProof(page: string, proof: string): boolean {
  if (proof === 'not tested') return true;
  const [, linked, anchor] = /^\[[^\]]+\]\(([^)#]*)#?([^)]*)\)$/.exec(proof) ?? [];
  if (linked) return fs.existsSync(path.resolve(root, path.dirname(page), linked));
  if (anchor) return hasHeading(page, anchor);
  const named = testsIn(proof).map(({ file, title }) => `\`${file}\` "${title}"`);
  return named.length > 0 && named.join('; ') === proof;
}

describe.each(PAGES)('$page', (table) => {
  test('has tests, a page or "not tested" as the proof of every row', () => {
    const proofs = proofsIn(table);
    expect(proofs.length).toBeGreaterThan(40);
    expect(proofs.filter((proof) => !isProof(table.page, proof))).toEqual([]);
  });

  test('names only tests that exist', () => {
    const named = proofsIn(table).flatMap(testsIn);
    expect(named.length).toBeGreaterThan(40);
    expect(named.filter((one) => !exists(one))).toEqual([]);
  });
});

test('a link to a heading that does not exist is no proof', () => {
  const { page } = PAGES[0];
  expect(isProof(page, '[by hand](#runs-by-hand)')).toBe(true);
  expect(isProof(page, '[by hand](#no-such-heading)')).toBe(false);
});

test('a test that does not exist is noticed', () => {
  const file = 'test/unit/bench/proofs.test.ts';
  expect(exists({ file, title: 'names only tests that exist' })).toBe(true);
  expect(exists({ file, title: 'names only tests' })).toBe(false);
  expect(exists({ file: 'test/none.test.ts', title: 'a title' })).toBe(false);
});
