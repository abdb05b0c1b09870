import type { ShownStudent } from '../messages';
import { counted } from '../../../../util/plural';

/** Minutes without a step done after which a student counts as stuck. */
export const STUCK_MINUTES = 10;

/** Returns the whole minutes between two times, at least 0. */
export const minutesBetween = (from: string, to: Date): number =>
  Math.max(0, Math.floor((to.getTime() - Date.parse(from)) / 60_000));

/** Renders minutes: `under 1 min`, `12 min`, `2 h 5 min`. */
export function describeTime(minutes: number): string {
  if (minutes < 1) return 'under 1 min';
  if (minutes < 60) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Returns for how many minutes a student has got no further. */
export function stuckFor({ drills, since }: ShownStudent, now: Date): number {
  const from = drills.running?.started ?? since;
  if (!from) return 0;
  return minutesBetween(from, now);
}

/** Returns whether a student works on something, and has got no further for a while. */
export function isStuck(student: ShownStudent, now: Date): boolean {
  const works = student.drills.running !== undefined || (student.open && !student.isWhole);
  return Boolean(works) && stuckFor(student, now) >= STUCK_MINUTES;
}

/** Renders the line above the table. */
export function summarize(students: ShownStudent[], now: Date): string {
  const count = (of: (student: ShownStudent) => boolean | undefined): number =>
    students.filter(of).length;
  const parts = [
    counted(students.length, 'student'),
    `${count(({ open }) => open !== undefined)} with an open page`,
    `${count((student) => isStuck(student, now))} stuck`,
    `${count(({ isWhole, chapters }) => isWhole && chapters.length > 0)} finished`,
  ];
  return parts.join(' · ');
}
