export type { Page } from './assets';
export { Gate, newToken } from './gate';
export { PageServer } from './server';
