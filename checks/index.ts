export { createAccess, type Access } from './access';
export { allChecks, checks } from './registry';
export type { CheckResult, Report } from './check';
export { renderList, renderReport } from './report';
export { downReport, select, skipReason, verify } from './verify';
export { matches, parseConntrack } from './parsers/conntrack';
