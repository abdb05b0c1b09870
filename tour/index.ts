export type { TourDrill, TourLab } from './lab';
export { noProgress, type Progress } from './progress';
export { Gate, newToken } from './server/gate';
export { TourHttp } from './server/http';
export type { ShownVisit } from './server/messages';
export { Tour } from './server/tour';
export { LineWatcher } from './server/watch';
