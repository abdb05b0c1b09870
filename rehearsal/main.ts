/** Prepares a rehearsal, with the network, and runs it in namespaces without one. bin/rehearse starts it. */
import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { root } from '../util/repo-root';
import { scratch } from './environment';
import type { Parts } from './parts';
import { cacheDirectory, stateDirectory } from '../util/directories';

function pulumiHome(parts: Parts): void {
  const plugins = scratch('state', 'pulumi-home', 'plugins');
  fs.mkdirSync(plugins, { recursive: true, mode: 0o700 });
  const aws = path.join(plugins, 'resource-aws-v7.48.0');
  fs.mkdirSync(aws);
  fs.symlinkSync(parts.plugin, path.join(aws, 'pulumi-resource-aws'));
  fs.cpSync(
    path.join(stateDirectory(), 'pulumi-home/plugins/resource-command-v1.2.1'),
    path.join(plugins, 'resource-command-v1.2.1'),
    { recursive: true },
  );
}

async function main(args: string[]): Promise<number> {
  fs.rmSync(scratch(), { recursive: true, force: true });
  fs.mkdirSync(scratch(), { recursive: true, mode: 0o700 });
  const parts: Parts = {
    python: path.join(cacheDirectory(), 'tests/moto-5.2.5.new/bin/python'),
    tree: path.join(cacheDirectory(), 'rehearsal/tree-dev'),
    plugin: path.join(cacheDirectory(), 'rehearsal/pulumi-resource-aws-dev'),
  };
  fs.writeFileSync(scratch('parts.json'), JSON.stringify(parts), { mode: 0o600 });
  pulumiHome(parts);
  const namespaces = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
  const inside = [path.join(root, 'rehearsal/inside.sh'), root, scratch(), ...args];
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', 'unshare', ...namespaces, ...inside], {
    stdio: 'inherit',
    env: { ...process.env, HARDWAY_CACHE: cacheDirectory() },
  });
  return new Promise((resolve) => child.on('close', (code) => resolve(code ?? 1)));
}

void main(process.argv.slice(2)).then((code) => process.exit(code));
