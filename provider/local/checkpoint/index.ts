export {
  checkpointFile,
  checkpointsOf,
  type Manifest,
  readManifest,
  removeCheckpoint,
  type Size,
  sizeOf,
} from './files';
export { type Restored, type RestoredNode, restoreCheckpoint, restoreUnderWay } from './restore';
export { settleRestore } from './restore';
export { saveCheckpoint, type Saved, settleSave } from './save';
