export { Bootstrap } from './bootstrap';
export { OUTLINE, commandName, commandsOf, expectedSteps, expectedUnits, stepsOf } from './plan';
export { PROGRAMS } from './steps/artifacts';
export type { Download } from './step';
export { officialDownloads } from './downloads';
export { STATUS_COMMAND, type NodeStatus } from './status';
