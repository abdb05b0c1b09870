import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Command } from 'commander';
import { allCommands } from '../../../bench/reference/commands';
import { committedPages, referenceFiles } from '../../../bench/reference/files';
import { EXAMPLES } from '../../../cli/examples';
import { parseConfig } from '../../../components/config';
import { commandLine } from '../../../cli/program';
import { root } from '../../../util/repo-root';

const generated = referenceFiles(root);

test('committed reference files equal what `npm run docs` generates', () => {
  expect(generated.size).toBeGreaterThan(20);
  const committed = [...generated.keys()].map((file) => [
    file,
    fs.existsSync(path.join(root, file)) ? fs.readFileSync(path.join(root, file), 'utf8') : '',
  ]);
  expect(Object.fromEntries(committed)).toEqual(Object.fromEntries(generated));
});

test('docs/reference has no page that `npm run docs` does not generate', () => {
  const pages = [...generated.keys()].filter((file) => file.endsWith('.md')).sort();
  expect(committedPages(root)).toEqual(pages);
});

/** Returns the section of one key on the page of the config keys. */
const sectionOf = (key: string): string =>
  generated
    .get('docs/reference/config.md')!
    .split('\n## ')
    .find((one) => one.startsWith(`${key}\n`))!;

test.each([['loadBalancer', 'true']])(
  'the page of %s says that clouds accept the default only, as parseConfig does',
  (key, value) => {
    expect(sectionOf(key)).toContain('| clouds | local; aws and gcp accept the default only |');
    for (const cloud of ['aws', 'gcp'])
      expect(() => parseConfig({ cloud, adminCidrs: '198.51.100.4/32', [key]: value })).toThrow(
        key,
      );
    expect(() => parseConfig({ [key]: value })).not.toThrow();
  },
);

test('the example of the key cloud is a lab name, because --set cloud is refused', () => {
  expect(sectionOf('cloud')).toContain('`./lab up aws-s01`');
  expect(sectionOf('cloud')).not.toContain('--set');
});

test('every command without subcommands has an example', () => {
  const leaves = [...allCommands()].filter(([, command]) => command.commands.length === 0);
  expect(leaves.length).toBeGreaterThan(15);
  expect(leaves.map(([name]) => name).filter((name) => !EXAMPLES[name]?.length)).toEqual([]);
  expect(Object.keys(EXAMPLES).filter((name) => !allCommands().has(name))).toEqual([]);
});

/** Replaces the actions of a command and its subcommands by one that only records the call. */
function record(command: Command, name: string, called: string[]): void {
  command.exitOverride();
  if (command.commands.length === 0) command.action(() => void called.push(name));
  for (const sub of command.commands) record(sub, `${name} ${sub.name()}`.trim(), called);
}

const examples = Object.entries(EXAMPLES).flatMap(([name, all]) =>
  all.map(([words]) => [words.replace(/^eval "\$\((.*)\)"$/, '$1'), name] as const),
);

test.each(examples)('the command line accepts the example %s', async (words, name) => {
  const called: string[] = [];
  const program = commandLine();
  record(program, '', called);
  await program.parseAsync(words.split(' ').slice(1), { from: 'user' });
  expect(called).toEqual([name]);
});
