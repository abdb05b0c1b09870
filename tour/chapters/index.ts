import type { Chapter } from '../step';
import { nat } from './nat';
import { nodePorts } from './node-ports';
import { nodes } from './nodes';
import { pods } from './pods';
import { prepare } from './prepare';
import { routes } from './routes';
import { services } from './services';

/** Chapters of the tour, in the article's order. */
export const chapters: Chapter[] = [prepare, nodes, pods, routes, nat, services, nodePorts];
