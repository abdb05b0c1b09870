/** Runs the acts of a rehearsal inside its namespaces. inside.sh starts it. */
import { spawn, type ChildProcess } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { present } from '../toolchain';
import { root } from '../util/repo-root';
import { actsOf, playActs } from './acts';
import type { Profile } from './acts/stage';
import { DataPlane } from './data-plane/reconcile';
import { writeDigests } from './downloads/override';
import { publishReleases } from './downloads/releases';
import { HOSTS, startDownloads } from './downloads/server';
import { ENDPOINT, scratch, USER_ADDRESSES } from './environment';
import type { Parts } from './parts';

/** Starts the emulated API; returns when it answers. */
async function startEmulator(python: string): Promise<ChildProcess> {
  const output = fs.openSync(scratch('emulator.log'), 'a');
  const args = [ENDPOINT.host, String(ENDPOINT.port), scratch('world.json'), scratch('calls.log')];
  const program = path.join(root, 'rehearsal/aws/emulator/server.py');
  const child = spawn(python, [program, ...args], { stdio: ['ignore', output, output] });
  for (let tries = 0; tries < 300; tries++) {
    const answer = await fetch(`http://${ENDPOINT.host}:${ENDPOINT.port}/moto-api/`).catch(
      () => undefined,
    );
    if (answer) return child;
    if (child.exitCode !== null) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`the emulated API does not start: see ${scratch('emulator.log')}`);
}

/** Makes this process's services, then runs the acts. */
async function main([profile, keep, ...only]: string[]): Promise<void> {
  const parts = JSON.parse(fs.readFileSync(scratch('parts.json'), 'utf8')) as Parts;
  process.env.HARDWAY_CLOUD = scratch('cloud');
  const toolchain = await present();
  if (!toolchain) throw new Error('the toolchain is not complete: run ./lab setup');
  const published = await publishReleases(scratch('mirror'), toolchain.store);
  writeDigests(published);
  const downloads = await startDownloads(published, toolchain.images);
  const trusted = fs.readFileSync(
    path.join(parts.tree, 'etc/ssl/certs/ca-certificates.crt'),
    'utf8',
  );
  fs.mkdirSync(scratch('store'), { recursive: true });
  fs.writeFileSync(scratch('names.json'), JSON.stringify(HOSTS));
  await startEmulator(parts.python);
  const log = fs.createWriteStream(scratch('data-plane.log'));
  const plane = new DataPlane({
    world: scratch('world.json'),
    names: scratch('names.json'),
    source: USER_ADDRESSES[0],
    parts: {
      tree: parts.tree,
      authorities: `${trusted}${downloads.authority}`,
      store: scratch('store'),
    },
    log: (line) => void log.write(`${new Date().toISOString()} ${line}\n`),
  });
  plane.start();
  const acts = actsOf(profile as Profile).filter(
    ({ name }) => only.length === 0 || only.includes(name),
  );
  const stage = { profile: profile as Profile, downloads, published, act: '' };
  const failures = await playActs(acts, stage);
  if (keep === 'keep') {
    process.stdout.write('Kept: Ctrl-C ends it.\n');
    await new Promise(() => undefined);
  }
  process.exit(failures === 0 ? 0 : 1);
}

main(process.argv.slice(2)).catch((error: Error) => {
  process.stderr.write(`rehearse: ${error.message}\n`);
  process.exit(2);
});
