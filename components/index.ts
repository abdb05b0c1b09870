/**
 * Entry of the npm package `hardway-lab`.
 *
 * @packageDocumentation
 */
export { Lab, type LabOutput } from './lab';
export { planTopology } from './plan-topology';
export type { FirewallRule, Networks, Node, PodRoute, Subnet, Topology } from './topology';
export { type CloudName, ConfigError, type LabArgs, type LabConfig, type Profile } from './config';
export { type Stage, STAGES } from './config/stage';
export { publicCidr } from './config/public-ip';
export { CloudError } from './cloud';
export type { JumpLogin, StackOutputs } from './outputs';
