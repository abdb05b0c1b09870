/** Everything that `./lab` knows of Pulumi: its engine, project, state and plugins. */
export { Engine, type RunOptions, type StackSummary, type UpOptions } from './engine';
export { engineEnvironment } from './environment';
export { prepareState } from './state-directory';
export { checkBackend } from './process';
export { lostPassphrase, refuseLostPassphrase } from './passphrase';
export { isUnchanged, saveFingerprint } from './fingerprint';
export { EngineProgress } from './progress';
export { projectName, leftoversNote, stackFile, prepareProject, stacksDirectory } from './project';
export { hasProviderPlugin, pluginNote, pluginsDirectory } from './provider-plugin';
export type { PendingCreate, Snapshot, Remembered } from './snapshot';
export {
  anyDamagedState,
  isAbsent,
  damagedState,
  removeRecords,
  discardState,
  repairState,
} from './state-files';
export { parseUrn, isReal, resourceTitle } from './urn';
