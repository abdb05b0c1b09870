import * as fs from 'node:fs';
import * as path from 'node:path';
import { ensure } from '../toolchain';
import {
  artifactPath,
  storeArtifact,
  logFile,
  recipeFiles,
  shortDigest,
} from '../toolchain/artifact-store';
import { SUITE, writeAptFiles } from '../toolchain/debian';
import { Sites } from '../toolchain/download';
import { thisArchitecture } from '../toolchain/fetch-or-build';
import { findGo } from '../toolchain/go';
import { ToolchainError } from '../toolchain/errors';
import { cachePath } from '../toolchain/cache';
import { withLock, type Owner } from '../toolchain/lock';
import { runOrThrow } from '../toolchain/run';
import { root } from '../util/repo-root';
import { scratchDirectory } from '../util/scratch-directory';
import { emulatorPython } from './aws/emulator/python';
import { officialPlugin, PLUGIN, PLUGIN_VERSION, pluginDirectory } from './aws/official-plugin';
import { scratch } from './environment';
import type { Parts } from './parts';

type Tell = (line: string) => void;

const here = (...inside: string[]): string => path.join(root, 'rehearsal', ...inside);

/** Source of the AWS provider. It is not in the checksum database: its digest is pinned here. */
const PROVIDER = {
  module: 'github.com/upbound/terraform-provider-aws',
  version: 'v0.0.0-20260305123303-f7691456b787',
  sum: 'h1:dJlp2eNgY/iVKTPINdguYlHbHc9CtXBZKmQmqYq0REs=',
};

/** Makes an artifact of the rehearsal unless it exists. */
async function artifact(name: string, fill: (directory: string) => Promise<void>): Promise<string> {
  const target = artifactPath('rehearsal', name);
  if (!fs.existsSync(target)) await storeArtifact(target, fill);
  return target;
}

/** Copies the provider's source, without its tests and cut to the services in use. Throws if it is not the pinned one. */
async function provideSource(go: string, target: string, log: string): Promise<void> {
  const { module, version, sum } = PROVIDER;
  const env = { ...process.env, GONOSUMDB: module, GOFLAGS: '-mod=mod' };
  const cwd = path.dirname(target);
  const words = ['mod', 'download', '-json', `${module}@${version}`];
  const told = await runOrThrow('downloading the AWS provider', go, words, { cwd, env, log });
  const found = JSON.parse(told) as { Dir: string; Sum: string };
  if (found.Sum !== sum)
    throw new ToolchainError(`${module} ${version} has the digest ${found.Sum}, not ${sum}`);
  fs.cpSync(found.Dir, target, { recursive: true });
  await runOrThrow('opening the source for changes', 'chmod', ['-R', 'u+w', target]);
  for (const name of fs.readdirSync(target, { recursive: true, encoding: 'utf8' }))
    if (name.endsWith('_test.go')) fs.rmSync(path.join(target, name));
  await runOrThrow('pruning the AWS provider', 'python3', [here('aws/bridge/prune.py'), target], {
    log,
  });
}

/** Builds the plugin from Go modules: ten minutes on two cores. */
async function buildPlugin(directory: string, tell: Tell): Promise<void> {
  const go = await findGo();
  if (!go)
    throw new ToolchainError(
      'The official AWS plugin can not be downloaded, and there is no Go to build the plugin: install Go.',
    );
  const log = logFile(PLUGIN);
  const scratchModule = scratchDirectory('bridge');
  tell(`Building the AWS plugin, about ten minutes; log: ${log}`);
  try {
    for (const file of ['go.mod', 'go.sum', 'main.go'])
      fs.copyFileSync(here('aws/bridge', file), path.join(scratchModule, file));
    await provideSource(go.command, path.join(scratchModule, 'src'), log);
    const words = ['build', '-mod=readonly', '-trimpath', '-buildvcs=false', '-ldflags', '-s -w'];
    const env = { ...process.env, CGO_ENABLED: '0', GOWORK: 'off' };
    await runOrThrow(
      'building the AWS plugin',
      go.command,
      [...words, '-o', path.join(directory, PLUGIN), '.'],
      {
        cwd: scratchModule,
        env,
        log,
      },
    );
  } finally {
    fs.rmSync(scratchModule, { recursive: true, force: true });
  }
}

async function plugin(pulumi: string, tell: Tell): Promise<string> {
  const official = await officialPlugin({ pulumi, sites: new Sites(), tell });
  if (official) return official;
  const recipe = [JSON.stringify(PROVIDER), ...recipeFiles(here('aws/bridge'))];
  const name = `${PLUGIN}-${PLUGIN_VERSION}-${shortDigest(recipe)}`;
  const directory = await artifact(name, (target) => buildPlugin(target, tell));
  return path.join(directory, PLUGIN);
}

/** The nodes' Debian tree: the project's own, with cloud-init. */
async function tree(tell: Tell): Promise<string> {
  const architecture = thisArchitecture();
  const recipes = [path.join(root, 'toolchain/rootfs'), here('nodes')];
  const digest = shortDigest([
    SUITE,
    architecture,
    ...recipes.flatMap((one) => recipeFiles(one, /\.ts$/)),
  ]);
  return artifact(`tree-${architecture}-${digest}`, async (directory) => {
    tell("Making the nodes' Debian tree, about a minute");
    const aptFiles = scratchDirectory('apt');
    try {
      const { sources, settings } = await writeAptFiles(aptFiles);
      const words = [directory, SUITE, architecture, sources, settings];
      await runOrThrow('making the Debian tree', here('nodes/build.sh'), words, {
        log: logFile('rehearsal-tree'),
      });
    } finally {
      fs.rmSync(aptFiles, { recursive: true, force: true });
    }
  });
}

/** Gives the rehearsal its own PULUMI_HOME. */
function installPlugins(program: string, pulumiHome: string): void {
  const plugins = scratch('state', 'pulumi-home', 'plugins');
  fs.mkdirSync(path.join(plugins, pluginDirectory), { recursive: true, mode: 0o700 });
  fs.symlinkSync(program, path.join(plugins, pluginDirectory, PLUGIN));
  const from = path.join(pulumiHome, 'plugins');
  for (const name of fs.readdirSync(from))
    if (/^resource-command-v[\d.]+$/.test(name))
      fs.cpSync(path.join(from, name), path.join(plugins, name), { recursive: true });
}

const waiting =
  (tell: Tell) =>
  ({ pid, doing }: Owner): void =>
    tell(`Waiting for another command (pid ${pid}) that is ${doing}`);

/** Notes the use of each cache entry: `./lab clean` removes those that no rehearsal used for a week. */
function noteUse(parts: Parts): void {
  const now = new Date();
  for (const entry of fs.readdirSync(cachePath('rehearsal'))) {
    const directory = artifactPath('rehearsal', entry);
    const isUsed = Object.values(parts).some((part) => `${part}/`.startsWith(`${directory}/`));
    if (isUsed) fs.utimesSync(directory, now, now);
  }
}

/** Makes everything that needs a network. */
export async function prepareParts(tell: Tell): Promise<Parts> {
  const { pulumi, pulumiHome } = await ensure();
  const parts = await withLock(
    cachePath('lock'),
    'preparing a rehearsal',
    waiting(tell),
    async () => ({
      plugin: await plugin(pulumi, tell),
      python: await emulatorPython(tell),
      tree: await tree(tell),
    }),
  );
  noteUse(parts);
  installPlugins(parts.plugin, pulumiHome);
  return parts;
}
