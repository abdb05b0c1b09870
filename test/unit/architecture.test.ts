import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { root } from '../../util/repo-root';

const page = fs.readFileSync(path.join(root, 'docs/architecture.md'), 'utf8');

/** Returns the rows of the first table below a heading, each as a list of cells. */
function tableBelow(heading: string): string[][] {
  const section = page.split(`## ${heading}\n`)[1].split('\n## ')[0];
  const rows = section.split('\n').filter((line) => line.startsWith('| '));
  return rows.slice(1).map((row) => row.split('|').slice(1, -1));
}

const quoted = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name);

/** Lists the files of this repository that a file imports or requires. */
function importsOf(file: string): string[] {
  const text = fs.readFileSync(path.join(root, file), 'utf8');
  const found = [...text.matchAll(/(?:from |require\()'(\.[^']*)'/g)].map(([, name]) =>
    path.join(path.dirname(file), name),
  );
  return found.flatMap((name) =>
    [`${name}.ts`, `${name}/index.ts`].filter((one) => fs.existsSync(path.join(root, one))),
  );
}

/** Lists the files that one file reaches through at most one other, such as an index. */
const reachedFrom = (file: string): string[] =>
  importsOf(file).flatMap((one) => [one, ...importsOf(one)]);

describe('the way of worker-1’s route in docs/architecture.md', () => {
  const hops = tableBelow('From a config value to a packet').map(([, files]) => quoted(files));
  const files = hops.flat();

  test('has at most 8 hops and 13 files', () => {
    expect(hops.length).toBeLessThanOrEqual(8);
    expect(new Set(files).size).toBe(files.length);
    expect(files.length).toBeLessThanOrEqual(13);
    expect(files.slice(0, 2)).toEqual(['Pulumi.yaml', 'index.ts']);
    expect(files.at(-1)).toBe('provider/local/route/kind.ts');
  });

  test('follows the imports of the program up to the resource', () => {
    const program = files.slice(1, files.indexOf('provider/resources/local.ts') + 1);
    expect(program.length).toBeGreaterThan(8);
    const unreached = program.slice(1).filter(
      (file, index) =>
        !program
          .slice(0, index + 1)
          .flatMap(reachedFrom)
          .includes(file),
    );
    expect(unreached).toEqual([]);
  });

  test('crosses to the provider by the type of the resource', () => {
    const read = (file: string): string => fs.readFileSync(path.join(root, file), 'utf8');
    expect(read(files[files.indexOf('provider/resources/local.ts') - 1])).toContain('new Route(');
    expect(read('provider/resources/local.ts')).toContain("'hardway:local:Route'");
    expect(read('provider/local/kinds.ts')).toMatch(/'hardway:local:Route': .*\(routeKind\)/);
    expect(importsOf('provider/local/kinds.ts')).toContain('provider/local/route/kind.ts');
    expect(reachedFrom('provider/main.ts')).toContain('provider/protocol/plugin.ts');
  });
});

test('docs/architecture.md lists every top-level folder, and only places that exist', () => {
  const tracked = execFileSync('git', ['ls-files'], { cwd: root, encoding: 'utf8' }).split('\n');
  const folders = new Set(
    tracked
      .filter((file) => file.includes('/') && !file.startsWith('.'))
      .map((file) => file.split('/')[0]),
  );
  folders.delete('docs');
  // Further names of a cell are relative to the first one.
  const listed = tableBelow('Folders and layers').map(([names]) => quoted(names)[0]);
  const places = listed.map((name) => name.replace(/[A-Z]+\/$/, ''));
  expect(places.filter((place) => !fs.existsSync(path.join(root, place)))).toEqual([]);
  expect(folders.size).toBeGreaterThan(10);
  const topLevel = listed.map((name) => name.split('/')[0]);
  expect([...folders].filter((name) => !topLevel.includes(name))).toEqual([]);
});

describe('the imports between files, those of types included', () => {
  const tracked = execFileSync('git', ['ls-files', '*.ts'], { cwd: root, encoding: 'utf8' });
  const files = tracked.split('\n').filter((file) => file !== '' && !file.startsWith('test/'));
  const imports = new Map(files.map((file) => [file, importsOf(file)]));

  /** Returns the files that a file imports, directly or through others. */
  function reachable(file: string): Set<string> {
    const found = new Set<string>();
    const waiting = [file];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop())
      for (const one of imports.get(next) ?? []) {
        if (!found.has(one)) waiting.push(one);
        found.add(one);
      }
    return found;
  }

  const reached = new Map(files.map((file) => [file, reachable(file)]));
  const circles = new Set(
    files
      .filter((file) => reached.get(file)!.has(file))
      .map((file) =>
        files.filter((one) => reached.get(file)!.has(one) && reached.get(one)?.has(file)).join(),
      ),
  );

  test('form at most 5 circles, each of at most 11 files', () => {
    expect(files.length).toBeGreaterThan(400);
    expect(circles.size).toBeLessThanOrEqual(5);
    expect([...circles].filter((circle) => circle.split(',').length > 11)).toEqual([]);
  });

  test('form no circle through components/cloud.ts', () => {
    expect(imports.get('components/cloud.ts')).toContain('components/machine.ts');
    expect(reached.get('components/cloud.ts')).not.toContain('components/cloud.ts');
  });
});
