export { createAccess, type Access, type AccessFiles } from './access';
export { checks } from './registry';
export type { Check, CheckResult, Report } from './check';
export { renderList, renderReport, type RenderOptions } from './report';
export {
  downReport,
  select,
  skipReason,
  verify,
  type VerifyEvent,
  type VerifyOptions,
} from './verify';
