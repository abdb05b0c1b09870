export type { TourDrill, TourLab } from './lab';
export { type Hint, noProgress, type Progress } from './progress';
export type { ShownVisit } from './server/messages';
export { Tour } from './server/tour';
export { LineWatcher } from './server/watch';
export { chapterTitles, standingOf } from './standing';
