/** Programs, images and the Debian tree of a lab: obtained once per host, kept in a store. */
export { ensure, ensureTools, present, presentTools } from './obtain-toolchain';
export { ToolchainError } from './errors';
export { Estimate, type Remaining } from './estimate';
export { makesImages, plan, type Item } from './plan';
export type { Progress, Report } from './progress';
export type { Scope, Toolchain, Tools } from './state';
export { cachePath, isOurs } from './cache';
export { labPulumiHome } from './command-plugin/install';
export { findGo } from './go';
export {
  hasCommand,
  installCommand,
  isDebianLike,
  missingPackages,
  neededPackages,
} from './host/packages';
export { findBlob, MEDIA_TYPES, readLayout, type Descriptor } from './images/layout';
export { ARCHITECTURES, upstreamProjects } from './manifest';
export { TOOLCHAIN_VARIABLES, type ToolchainPaths, toolchainPaths } from './paths';
export { prune } from './prune';
export { unreachableNow } from './sources';
