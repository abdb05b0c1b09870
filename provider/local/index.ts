/** Local cloud: resource kinds for the provider, and the records of labs on this host for `./lab`. */
export { localKinds } from './kinds';
export {
  checkpointFile,
  checkpointsOf,
  type Manifest,
  readManifest,
  removeCheckpoint,
  type Restored,
  type RestoredNode,
  restoreCheckpoint,
  saveCheckpoint,
  type Saved,
  type Size,
  sizeOf,
  settleRestore,
  settleSave,
  restoreUnderWay,
} from './checkpoint';
export { isRunning } from './instance/node-process';
export { jumpPortTaken, PORT_CURE } from './jump-host/kind';
export type { RouterPlan } from './router/router';
export { foreignRoutes, machineRoutes, blackholePool } from './shared/address-pool';
export { hostRunsSystemd, processesOf } from './shared/cgroups';
export { endAll, processesWith } from './shared/daemon';
export { thaw } from './shared/freezer';
export { ownerAsText, type Owner } from './shared/lab-owner';
export { claimLab, foreignOwner, foreignText, recordOf } from './shared/lab-register';
export { labDirectory, namespaceExists, namespaceOf, routerOf } from './shared/names';
export { hostLink, slotOf, labs, releaseSlot, reserveSlot, publicCidr } from './shared/slots';
export { expiryOf } from './workspace/kind';
export { nodesOf, leftovers, sweep, empty } from './workspace/sweep';
