import * as fs from 'node:fs';
import type { WebSocket } from 'ws';
import { chapterTitles, standingOf } from '../../../tour';
import { countResults, type DrillRecord, endOf, readRecord } from '../../drills/record';
import { labFiles } from '../../lab/files';
import { lastVerified } from '../../lab/last-verification';
import { addHint, hasBegun, readHints, readProgress } from '../../tour/store';
import type { Student } from '../roster';
import { latest } from '../../../util/latest';
import { itemsIf } from '../../../util/optional';
import { parseMessage, type ServerMessage, type ShownDrills, type ShownStudent } from './messages';

const nameOf = ({ name }: Pick<Student, 'name'>): string => name;

/** Milliseconds between two readings of the students' files, while a page is open. */
const PAUSE = 500;

function drillsOf({ running, history }: DrillRecord): ShownDrills {
  return {
    ...(running && {
      running: {
        name: running.drill,
        started: running.started,
        hints: running.hints,
        checks: running.checks,
      },
    }),
    ...countResults(history),
  };
}

/** Reads a student's row from the files of the lab. */
export function rowOf({ id, name, lab }: Pick<Student, 'id' | 'name' | 'lab'>): ShownStudent {
  const { chapters, open, last, since, isWhole } = standingOf(readProgress(lab.stack));
  const record = readRecord(lab.stack);
  const moved = latest(since, ...record.history.map(endOf));
  const verified = lastVerified(lab.stack);
  return {
    id,
    name,
    chapters: itemsIf(hasBegun(lab.stack), ...chapters.map(({ done, total }) => ({ done, total }))),
    ...(open && { open }),
    ...(last && { last }),
    ...(moved && { since: moved }),
    isWhole,
    drills: drillsOf(record),
    ...(verified && {
      checks: { passed: verified.passed, failed: verified.failed, at: verified.at },
    }),
    hints: readHints(lab.stack).length,
  };
}

/** Board of a class: follows the files of the students' labs, and sends hints. */
export class Board {
  private readonly browsers = new Set<WebSocket>();
  private timer?: NodeJS.Timeout;
  private shown = '';

  constructor(private readonly students: Pick<Student, 'id' | 'name' | 'lab'>[]) {}

  /** Adds a browser that has loaded the page. */
  add(socket: WebSocket): void {
    this.browsers.add(socket);
    socket.on('error', () => socket.terminate());
    socket.on('message', (data) => this.onMessage(socket, String(data)));
    socket.on('close', () => {
      this.browsers.delete(socket);
      if (this.browsers.size === 0) this.close();
    });
    this.shown = '';
    this.show();
    this.timer ??= setInterval(() => this.show(), PAUSE);
  }

  /** Stops to follow the files. */
  close(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private show(): void {
    const students = this.students.map(rowOf);
    const shown = JSON.stringify(students);
    if (shown === this.shown) return;
    this.shown = shown;
    const now = new Date().toISOString();
    this.send({ type: 'board', now, chapters: chapterTitles, students }, this.browsers);
  }

  private send(message: ServerMessage, to: Iterable<WebSocket>): void {
    for (const socket of to) socket.send(JSON.stringify(message));
  }

  private onMessage(socket: WebSocket, text: string): void {
    const message = parseMessage(text);
    if (!message) return this.send({ type: 'failed', text: 'That is no hint.' }, [socket]);
    const chosen = this.students.filter(({ id }) => message.to.includes(id));
    const withLab = chosen.filter(({ lab }) => fs.existsSync(labFiles(lab.stack).directory));
    try {
      for (const { lab } of withLab) addHint(lab.stack, message.text);
      const without = chosen.filter((student) => !withLab.includes(student));
      this.send({ type: 'sent', to: withLab.map(nameOf), without: without.map(nameOf) }, [socket]);
    } catch (error) {
      this.send({ type: 'failed', text: (error as Error).message }, [socket]);
    }
    this.show();
  }
}
