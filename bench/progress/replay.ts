import * as fs from 'node:fs';
import * as path from 'node:path';
import { ProgressLine } from '../../cli/ui/progress-line';
import { arrivedFraction, builtFraction, Estimate, type Part } from '../../toolchain/estimate';
import {
  commandPlugin,
  upstreamProjects,
  type Release,
  type UpstreamProject,
} from '../../toolchain/manifest';
import { buildOf, downloadOf, ITEMS, OTHER_WORK } from '../../toolchain/plan';
import type { Progress } from '../../toolchain/progress';
import { root } from '../../util/repo-root';

/** Seconds since the start of an installation, and an amount at that time. */
type Sample = [seconds: number, amount: number];

/** Record of a real installation. All times are seconds since its start. */
export interface Recorded {
  /** Host and way of the installation. */
  about: string;
  seconds: number;
  /** Number of compiled packages of each build. */
  packages?: Record<string, Sample[]>;
  /** Part of each downloaded file that has arrived, from 0 to 1. */
  arrived?: Record<string, Sample[]>;
  /** Part of the Debian packages of the tree that has arrived. */
  debian?: Sample[];
  /** End of each item. */
  done: Record<string, number>;
}

/** State of the estimate at a time, the line of progress, and the seconds that were really left. */
export interface Moment {
  at: number;
  estimated: number;
  line: string;
  left: number;
}

type News = Pick<Progress, 'name' | 'state' | 'fraction'> & { at: number };

const projects = [...upstreamProjects, commandPlugin];

const RECORDS = path.join(root, 'test', 'fixtures', 'installations');

/** Names of the records. */
export const records = (): string[] =>
  fs.readdirSync(RECORDS).map((file) => path.basename(file, '.json'));

export const readRecord = (name: string): Recorded =>
  JSON.parse(fs.readFileSync(path.join(RECORDS, `${name}.json`), 'utf8')) as Recorded;

/** Returns the plan of a recorded installation, with the estimates of this commit. */
function planOf({ packages, done }: Recorded): Part[] {
  return Object.keys(done).map((name) => {
    const other = Object.values(OTHER_WORK).find((part) => part.name === name);
    const project = projects.find((one) => one.name === name);
    if (!project) return other!;
    if (!packages) return downloadOf(project);
    return other ?? buildOf(project);
  });
}

/** Returns the news of the builds. */
const buildNews = ({ packages = {} }: Recorded): News[] =>
  upstreamProjects.flatMap((project) =>
    project.builds.flatMap(({ name }, index) =>
      (packages[name] ?? []).map(([at, count]) => ({
        at,
        name: project.name,
        state: 'building' as const,
        fraction: builtFraction(project, index, count),
      })),
    ),
  );

/** Returns the news of a project's downloads. */
function downloadNews(project: UpstreamProject, arrived: Record<string, Sample[]>): News[] {
  const parts = new Map<Release, number>();
  return project.releases
    .flatMap((release) =>
      (arrived[path.posix.basename(release.url('amd64'))] ?? []).map(([at, part]) => ({
        at,
        release,
        part,
      })),
    )
    .sort((a, b) => a.at - b.at)
    .map(({ at, release, part }) => {
      parts.set(release, part);
      const fraction = arrivedFraction(project, parts);
      return { at, name: project.name, state: 'downloading', fraction };
    });
}

function newsOf(record: Recorded): News[] {
  const ends = Object.entries(record.done).map(([name, at]) => ({
    at,
    name,
    state: 'done' as const,
  }));
  const downloads = projects.flatMap((one) => downloadNews(one, record.arrived ?? {}));
  const debian = (record.debian ?? []).map(([at, fraction]) => ({
    at,
    name: ITEMS.tree,
    state: 'building' as const,
    fraction,
  }));
  return [...buildNews(record), ...downloads, ...debian, ...ends].sort((a, b) => a.at - b.at);
}

/** Returns the part of a difference in the seconds that were really left. */
export const errorOf = ({ estimated, left }: Moment): number => (estimated - left) / left;

/** Replays a recorded installation. Returns the state of each second. */
export function replay(record: Recorded): Moment[] {
  const estimate = new Estimate(planOf(record), 0);
  const line = new ProgressLine();
  const news = newsOf(record);
  const moments: Moment[] = [];
  for (let at = 0; at < record.seconds; at++) {
    while (news.length > 0 && news[0].at <= at) {
      const one = news.shift()!;
      estimate.record(one, one.at);
    }
    const remaining = estimate.remaining(at);
    moments.push({
      at,
      estimated: remaining.seconds,
      line: line.text(remaining),
      left: record.seconds - at,
    });
  }
  return moments;
}
