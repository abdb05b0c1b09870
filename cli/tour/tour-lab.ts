import { spawn } from 'node:child_process';
import * as path from 'node:path';
import { type ShownVisit, type TourDrill, type TourLab } from '../../tour';
import { itemsIf } from '../../util/optional';
import { root } from '../../util/repo-root';
import { renderEnding, type WalkReport } from '../../walk';
import { walkLab, type WalkTools } from '../actions/walk';
import { readDrills } from '../drills/loader';
import { readRecord } from '../drills/record';
import { formatState } from '../drills/render';
import { Failure, withCure } from '../errors';
import { openAccess, type UpLab } from '../lab/access';
import { labArgument, type LabRef } from '../lab/name';
import { readHints, readProgress, writeProgress } from './store';

const present = (visits: WalkReport['forward']): ShownVisit[] =>
  visits.map(({ place, hops, route, rules, conntrack }) => ({
    place,
    interfaces: hops.map((hop) => hop.interface),
    lines: [
      ...itemsIf(route.text, `${route.kind}: ${route.text}`),
      ...rules.map(({ text }) => `rule: ${text}`),
      ...itemsIf(conntrack, `conntrack: ${conntrack}`),
      ...hops.flatMap(({ changes }) => changes).map((change) => `changed: ${change}`),
    ],
  }));

/** Lists the drills that a lab can take, with their last result. */
function drillsOf(lab: LabRef): () => TourDrill[] {
  const { drills } = readDrills();
  return () => {
    const { running, history } = readRecord(lab.stack);
    return drills.map(({ name, title, minutes, chapter }) => {
      const last = history.filter(({ drill }) => drill === name).at(-1);
      return { name, title, minutes, chapter, state: formatState(name, running, last) };
    });
  };
}

/** Removes what only a terminal shows: colours, and lines that replace others. */
const plain = (text: string): string =>
  text.replace(/\x1b\[[0-9;?]*[A-Za-z]/g, '').replace(/\r/g, '\n');

/** Runs `./lab drill VERB` for a lab, as a student would, and shows what it prints. */
function runDrill(words: string[], show: (text: string) => void): Promise<void> {
  const program = [path.join(root, 'bin/run.cjs'), 'cli/main.ts', 'drill', ...words];
  return new Promise((resolve) => {
    const child = spawn(process.execPath, program, { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => show(plain(text)));
    child.on('error', (error) => show(`${error.message}\n`));
    child.on('close', () => resolve());
  });
}

/** Opens a lab for a tour. The caller closes its access. */
export function openTourLab(lab: LabRef, up: UpLab, tools: WalkTools): TourLab {
  const { files } = up;
  const { kubectl } = tools;
  const { stack } = lab;
  const isLocal = lab.cloud === 'local';
  return {
    access: openAccess(up, kubectl),
    progress: {
      read: () => readProgress(stack),
      write: (progress) => writeProgress(stack, progress),
    },
    hints: () => readHints(stack),
    ssh: (node, command, terminal) => [
      ...['ssh', '-F', files.sshConfig, '-o', 'ConnectTimeout=10', terminal ? '-t' : '-T'],
      ...[node, '--', command],
    ],
    kubectl: (args) => [kubectl, '--kubeconfig', files.kubeconfig, ...args],
    walk: async ({ from, to }) => {
      const { report } = await walkLab(up, tools, { from, to }).catch((error: unknown) => {
        throw error instanceof Failure ? new Error(withCure(error)) : error;
      });
      return {
        forward: present(report.forward),
        reply: present(report.reply),
        ending: renderEnding(report.ending, labArgument(lab)),
      };
    },
    drills: isLocal ? drillsOf(lab) : () => [],
    drill: (verb, name, show) => runDrill([verb, stack, ...itemsIf(verb === 'start', name)], show),
  };
}
