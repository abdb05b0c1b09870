import type { Access } from '../checks';
import type { ShownDrill, ShownVisit } from './server/messages';
import type { WalkOffer } from './step';
import type { Hint, ProgressStore } from './progress';

/** Walk that was done. */
export interface WalkDone {
  forward: ShownVisit[];
  reply: ShownVisit[];
  ending: string;
}

/** Drill of a chapter. */
export interface TourDrill extends ShownDrill {
  /** Page of docs/tutorial. */
  chapter: string;
}

/** Lab of a tour, and the operations on it that the tour offers. */
export interface TourLab {
  access: Access;
  progress: ProgressStore;
  /** Reads the instructor's hints, oldest first. */
  hints(): Hint[];
  /** Returns the command line of an SSH session on a node that runs a bash command. */
  ssh(node: string, command: string, terminal: boolean): string[];
  /** Returns the command line of kubectl, as the lab's admin. */
  kubectl(args: string[]): string[];
  /** Sends a probe. Rejects with a message for the student. `undefined` if the lab has no walks. */
  walk?(offer: WalkOffer): Promise<WalkDone>;
  /** Drills of the lab with their state; empty if the lab has no drills. */
  drills(): TourDrill[];
  /** Runs a command about drills; shows its output. Resolves when it has ended. */
  drill(verb: string, name: string, show: (text: string) => void): Promise<void>;
}
