import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { setTimeout as rest } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { Board, rowOf as readRow } from '../../../../cli/classroom/board/board';
import type { ServerMessage, ShownStudent } from '../../../../cli/classroom/board/messages';
import { describeTime, isStuck, summarize } from '../../../../cli/classroom/board/page/standing';
import { begin, change, end, writeRecord } from '../../../../cli/drills/record';
import { labFiles } from '../../../../cli/lab/files';
import { parseLab } from '../../../../cli/lab/name';
import { readHints, readProgress, writeProgress } from '../../../../cli/tour/store';
import { finish, leave, noProgress, openStep } from '../../../../tour/progress';
import { Gate, newToken, PageServer } from '../../../../web';
import { chapters } from '../../../../tour/chapters';

type BoardMessage = Extract<ServerMessage, { type: 'board' }>;

const before = process.env.HARDWAY_STATE;
const state = fs.mkdtempSync(path.join(os.tmpdir(), 'hardway-board-'));
const students = Array.from({ length: 8 }, (_, at) => ({
  id: `s0${at + 1}`,
  name: `Student ${at + 1}`,
  lab: parseLab(`s0${at + 1}`),
}));
const [first, second] = chapters[1].steps;

let board: Board;
let server: PageServer;
let socket: WebSocket;
const received: ServerMessage[] = [];

beforeAll(async () => {
  process.env.HARDWAY_STATE = state;
  for (const { lab } of students.slice(0, 7)) {
    const { directory, sshKey, kubeconfig } = labFiles(lab.stack);
    fs.mkdirSync(directory, { recursive: true });
    fs.writeFileSync(sshKey, 'PRIVATE KEY of the lab');
    fs.writeFileSync(kubeconfig, 'client-key-data: PRIVATE');
  }
  board = new Board(students);
  const token = newToken();
  const page = { sources: 'cli/classroom/board/page', values: { roster: 'class.yaml' } };
  server = new PageServer(new Gate(token), page, (browser) => board.add(browser));
  const port = await server.listen('127.0.0.1', 0);
  const origin = `http://127.0.0.1:${port}`;
  socket = new WebSocket(`ws://127.0.0.1:${port}/${token}/socket`, { origin });
  socket.on('message', (data) => received.push(JSON.parse(String(data)) as ServerMessage));
  await seen(() => true);
});

afterAll(async () => {
  socket.close();
  board.close();
  await server.close();
  fs.rmSync(state, { recursive: true, force: true });
  if (before === undefined) delete process.env.HARDWAY_STATE;
  else process.env.HARDWAY_STATE = before;
});

const lastBoard = (): BoardMessage | undefined =>
  received.filter((message): message is BoardMessage => message.type === 'board').at(-1);

/** Waits for a board on which a condition holds; returns the milliseconds until then. */
async function seen(holds: (rows: ShownStudent[]) => boolean): Promise<number> {
  const from = Date.now();
  while (Date.now() - from < 10_000) {
    const message = lastBoard();
    if (message && holds(message.students)) return Date.now() - from;
    await rest(20);
  }
  throw new Error(`not seen: ${JSON.stringify(lastBoard())}`);
}

const rowOf = (rows: ShownStudent[], id: string): ShownStudent =>
  rows.find((row) => row.id === id)!;

describe('the board of a class with eight students', () => {
  test('shows a step of each student within two seconds', async () => {
    const seconds: number[] = [];
    for (const { id, lab } of students) {
      const done = { at: new Date().toISOString(), evidence: 'ok' };
      writeProgressOf(lab.stack, (progress) => finish(progress, first.id, done));
      seconds.push((await seen((rows) => rowOf(rows, id).chapters[1]?.done === 1)) / 1000);
    }
    expect(seconds).toHaveLength(8);
    expect(Math.max(...seconds)).toBeLessThan(2);
  });

  test('shows the step that a page has open, and that it was closed', async () => {
    const { id, lab } = students[0];
    writeProgressOf(lab.stack, (progress) => openStep(progress, second.id));
    await seen((rows) => rowOf(rows, id).open?.title === second.title);
    writeProgressOf(lab.stack, leave);
    await seen((rows) => rowOf(rows, id).open === undefined);
    expect(rowOf(lastBoard()!.students, id).open).toBeUndefined();
  });

  test('shows a running drill with its hints, and counts it once when it is solved', async () => {
    const { id, lab } = students[1];
    const running = change(begin({ history: [] }, 'lost-route', new Date()), { hints: 2 });
    writeRecord(lab.stack, running);
    await seen((rows) => rowOf(rows, id).drills.running?.hints === 2);
    const solved = end(running, 'solved', new Date());
    writeRecord(lab.stack, { history: [...solved.history, ...solved.history] });
    await seen((rows) => rowOf(rows, id).drills.running === undefined);
    expect(rowOf(lastBoard()!.students, id).drills.solved).toBe(1);
  });

  test('counts the time without progress from the end of a drill, and from the opened page', () => {
    const { id, lab } = students[2];
    const row = (): ShownStudent => rowOf([readRow({ id, name: 'Student 3', lab })], id);
    const at = (minute: string): Date => new Date(`2026-11-27T11:${minute}:00.000Z`);
    const done = { at: at('00').toISOString(), evidence: 'ok' };
    writeProgressOf(lab.stack, () => finish(noProgress(), first.id, done));
    expect(row()).toMatchObject({ last: done.at, since: done.at });
    writeProgressOf(lab.stack, (progress) => openStep(progress, second.id, at('30')));
    writeProgressOf(lab.stack, (progress) => openStep(progress, first.id, at('35')));
    expect(row()).toMatchObject({ last: done.at, since: at('30').toISOString() });
    writeRecord(lab.stack, end(begin({ history: [] }, 'lost-route', at('40')), 'solved', at('55')));
    expect(row()).toMatchObject({ last: done.at, since: at('55').toISOString() });
  });

  test('sends a hint to one student only', async () => {
    const [{ id, lab }] = students;
    socket.send(JSON.stringify({ type: 'hint', to: [id], text: 'Look at the bridge' }));
    await seen((rows) => rowOf(rows, id).hints === 1);
    expect(readHints(lab.stack)).toMatchObject([{ text: 'Look at the bridge' }]);
    expect(students.slice(1).map((one) => readHints(one.lab.stack))).toEqual(
      Array.from({ length: 7 }, () => []),
    );
  });

  test('names the students who have no lab when a hint goes to all', async () => {
    fs.rmSync(labFiles(students[7].lab.stack).directory, { recursive: true });
    socket.send(
      JSON.stringify({ type: 'hint', to: students.map(({ id }) => id), text: 'Ten minutes left' }),
    );
    await seen((rows) => rowOf(rows, 's07').hints === 1);
    expect(received.filter(({ type }) => type === 'sent').at(-1)).toEqual({
      type: 'sent',
      to: students.slice(0, 7).map(({ name }) => name),
      without: ['Student 8'],
    });
    expect(fs.existsSync(labFiles(students[7].lab.stack).directory)).toBe(false);
  });

  test('progress of a lab that was removed is not written', () => {
    const { stack } = students[7].lab;
    writeProgress(stack, noProgress());
    expect(fs.existsSync(labFiles(stack).directory)).toBe(false);
  });

  test('refuses a message that is no hint', async () => {
    socket.send(JSON.stringify({ type: 'hint', to: [], text: 'x' }));
    socket.send(JSON.stringify({ type: 'hint', to: ['s01'], text: 'x'.repeat(501) }));
    socket.send('{');
    while (received.filter(({ type }) => type === 'failed').length < 3) await rest(20);
    expect(readHints(students[0].lab.stack)).toHaveLength(2);
  });

  test('sends no key and no file of a lab to the page', () => {
    expect(JSON.stringify(received)).not.toMatch(/PRIVATE|ssh_key|kubeconfig/);
    expect(received.length).toBeGreaterThan(10);
  });
});

/** Changes the progress of a student, as the student's tour does. */
function writeProgressOf(
  stack: string,
  changeOf: (progress: ReturnType<typeof noProgress>) => ReturnType<typeof noProgress>,
): void {
  fs.mkdirSync(labFiles(stack).directory, { recursive: true });
  writeProgress(stack, changeOf(readProgress(stack)));
}

describe('standing of a student', () => {
  const now = new Date('2026-11-27T12:00:00Z');
  const student: ShownStudent = {
    ...{ id: 's01', name: 'Ada', chapters: [{ done: 1, total: 5 }], isWhole: false, hints: 0 },
    ...{ open: { chapter: 'Nodes', title: 'Ping' }, since: '2026-11-27T11:48:00Z' },
    drills: { solved: 0, others: 0 },
  };

  test('is stuck ten minutes after the last step, while a page is open', () => {
    expect(isStuck(student, now)).toBe(true);
    expect(isStuck({ ...student, since: '2026-11-27T11:51:00Z' }, now)).toBe(false);
    expect(isStuck({ ...student, open: undefined }, now)).toBe(false);
    expect(isStuck({ ...student, isWhole: true }, now)).toBe(false);
  });

  test('is stuck ten minutes after a drill has started, even without a page', () => {
    const running = { name: 'lost-route', started: '2026-11-27T11:40:00Z', hints: 0, checks: 0 };
    const drills = { ...student.drills, running };
    expect(isStuck({ ...student, open: undefined, drills }, now)).toBe(true);
    const young = { ...running, started: '2026-11-27T11:55:00Z' };
    expect(isStuck({ ...student, drills: { ...drills, running: young } }, now)).toBe(false);
  });

  test('is counted in the line above the table', () => {
    const finished = { ...student, id: 's02', open: undefined, isWhole: true };
    expect(summarize([student, finished], now)).toBe(
      '2 students · 1 with an open page · 1 stuck · 1 finished',
    );
  });

  test.each([
    [0, 'under 1 min'],
    [12, '12 min'],
    [125, '2 h 5 min'],
  ])('renders %d minutes as %s', (minutes, text) => {
    expect(describeTime(minutes)).toBe(text);
  });
});
