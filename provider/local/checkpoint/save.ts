import * as fs from 'node:fs';
import * as path from 'node:path';
import { writeAtomically } from '../../../util/atomic-write';
import { whileFrozen } from '../shared/freezer';
import { labDirectory } from '../shared/names';
import { copyDisks, syncDisk } from './disks';
import {
  checkpointFile,
  type Manifest,
  readManifest,
  REPLACED,
  removeEmptyDirectory,
  SAVING,
  sizeOf,
} from './files';
import { readRouterState } from './router-state';

/** Content of a checkpoint, and its label. */
export interface SaveRequest extends Pick<Manifest, 'label' | 'identity' | 'nodes' | 'pods'> {
  lab: string;
}

/** Result of a save. */
export interface Saved {
  manifest: Manifest;
  /** Seconds for which the lab was paused. */
  paused: number;
}

/**
 * Completes a save that a killed command left, or removes it. The manifest is written last: a save
 * with a manifest is complete.
 */
export function settleSave(lab: string): void {
  const saved = readManifest(lab, SAVING);
  if (saved) publish(lab, saved.label);
  for (const name of [SAVING, REPLACED])
    fs.rmSync(checkpointFile(lab, name), { recursive: true, force: true });
  removeEmptyDirectory(lab);
}

/** Gives a complete save its label. Replaces a checkpoint of this label. */
function publish(lab: string, label: string): void {
  const [saving, target] = [checkpointFile(lab, SAVING), checkpointFile(lab, label)];
  const replaced = checkpointFile(lab, REPLACED);
  if (fs.existsSync(target)) {
    fs.rmSync(replaced, { recursive: true, force: true });
    fs.renameSync(target, replaced);
  }
  fs.renameSync(saving, target);
  fs.rmSync(replaced, { recursive: true, force: true });
}

/**
 * Saves the disks of a lab's nodes and the state of its router at one moment. The lab is paused
 * while its disks are copied. Replaces a checkpoint of the same label after the new one is
 * complete.
 */
export async function saveCheckpoint({ lab, ...request }: SaveRequest): Promise<Saved> {
  const saving = checkpointFile(lab, SAVING);
  fs.mkdirSync(saving, { recursive: true, mode: 0o700 });
  try {
    let paused = 0;
    const router = await whileFrozen(lab, async () => {
      const started = performance.now();
      const [state] = await Promise.all([
        readRouterState(lab),
        copyDisks(path.join(labDirectory(lab), 'nodes'), path.join(saving, 'nodes'), request.nodes),
      ]);
      paused = (performance.now() - started) / 1000;
      return state;
    });
    await syncDisk(saving);
    const { bytes } = sizeOf(saving);
    const manifest = { ...request, saved: new Date().toISOString(), bytes, router };
    writeAtomically(path.join(saving, 'manifest.json'), JSON.stringify(manifest), 0o600);
    publish(lab, request.label);
    return { manifest, paused };
  } catch (error) {
    settleSave(lab);
    throw error;
  }
}
