import type { Stage } from '../../components/config';

/** Place where a script runs: a node, or `router` for the network namespace of the VPC router. */
export type Place = string;

/** Script of a drill, and the places where it runs, one after the other. */
export interface Script {
  places: Place[];
  text: string;
}

/** Fault that a student searches and repairs. One folder below `drills/`. */
export interface Drill {
  /** Name of the folder, for example `wrong-turn`. */
  name: string;
  title: string;
  /** Fault, as text. Shown when the drill has ended. */
  cause: string;
  /** Name of a page in `docs/tutorial/` without `.md`, for example `03-routes`. */
  chapter: string;
  /** Stage that the lab needs. */
  stage: Stage;
  /** Number of workers that the lab needs. */
  workers: number;
  /** Time that a student needs, in minutes. */
  minutes: number;
  /** Ids of the checks that fail while the lab is broken. All others pass, except those of `may`. */
  fails: string[];
  /** Ids of checks that fail or pass by chance. */
  may?: string[];
  /** Hints, in the order in which they are given. */
  hints: string[];
  /** Report of a user about the fault, in Markdown. */
  symptom: string;
  break: Script;
  solve: Script;
  /** Plausible repair that does not solve the drill. */
  wrong?: Script;
  /** Removes at the end what neither the student nor the solution has to find. */
  clean?: Script;
  /** Manifest of objects that exist in the namespace `drill` before the lab is broken. */
  objects?: string;
}
