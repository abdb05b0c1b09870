import { Connection } from '../../../../web/client/connection';
import { byId, h } from '../../../../web/client/elements';
import type { BrowserMessage, ServerMessage, ShownStudent } from '../messages';
import { ifPresent, textIf } from '../../../../util/optional';
import { describeTime, isStuck, minutesBetween, stuckFor, summarize } from './standing';

/** Milliseconds between two updates of the shown durations. */
const TICK = 5000;

type Board = Extract<ServerMessage, { type: 'board' }>;

let board: Board | undefined;
/** Clock of the server minus clock of this browser, in milliseconds. */
let ahead = 0;

const connection = new Connection<BrowserMessage, ServerMessage>(onMessage, (open) => {
  byId('offline').hidden = open;
});

const field = (id: string): HTMLInputElement => byId(id) as HTMLInputElement;
const now = (): Date => new Date(Date.now() + ahead);

/** Prepares a hint to one student. */
function hintTo(id: string): void {
  field('to').value = id;
  byId('hint-text').focus();
}

function renderBar({ done, total }: ShownStudent['chapters'][number], title: string): Node {
  const state = textIf(done >= total, 'done');
  return h(
    'td',
    { class: 'chapter', 'data-label': title },
    h('progress', { class: state, value: String(done), max: String(Math.max(total, 1)) }),
    h('span', { class: 'count' }, `${done}/${total}`),
  );
}

function renderStep({ chapters, open, last, isWhole }: ShownStudent): (Node | string)[] {
  if (chapters.length === 0) return [h('span', { class: 'soft' }, 'not begun')];
  if (isWhole) return [h('span', { class: 'good' }, 'finished')];
  const ago =
    ifPresent(last, (time) => `last step ${describeTime(minutesBetween(time, now()))} ago`) ??
    'no step done';
  if (!open) return [h('span', { class: 'soft' }, `page closed, ${ago}`)];
  return [h('span', {}, open.title), h('small', {}, `${open.chapter} · ${ago}`)];
}

function renderDrill({ drills }: ShownStudent): (Node | string)[] {
  const { running, solved, others } = drills;
  const ended = `${solved} solved${textIf(others > 0, `, ${others} given up`)}`;
  if (!running && solved + others === 0) return [h('span', { class: 'soft' }, '–')];
  if (!running) return [h('span', {}, ended)];
  const time = describeTime(minutesBetween(running.started, now()));
  const used = `${time}, hints: ${running.hints}, checks: ${running.checks}`;
  return [h('span', {}, running.name), h('small', {}, `${used} · ${ended}`)];
}

function renderChecks({ checks }: ShownStudent): Node {
  if (!checks) return h('span', { class: 'soft' }, '–');
  const { passed, failed, at } = checks;
  const counts = `${passed} of ${passed + failed}`;
  const time = h('small', {}, `${describeTime(minutesBetween(at, now()))} ago`);
  if (failed > 0) return h('span', { class: 'bad' }, counts, time);
  return h('span', { class: 'good' }, counts, time);
}

function renderChapters(chapters: ShownStudent['chapters'], titles: string[]): Node[] {
  if (chapters.length === 0) return [h('td', { colspan: String(titles.length), class: 'none' })];
  return titles.map((title, at) => renderBar(chapters[at] ?? { done: 0, total: 0 }, title));
}

function renderRow(student: ShownStudent, titles: string[]): Node {
  const stuck = isStuck(student, now());
  const { id, name, chapters } = student;
  return h(
    'tr',
    { class: textIf(stuck, 'stuck'), id: `row-${id}` },
    h(
      'th',
      { scope: 'row' },
      name,
      h('small', {}, id),
      stuck && h('b', { class: 'flag' }, `stuck for ${describeTime(stuckFor(student, now()))}`),
    ),
    h('td', { 'data-label': 'Now' }, ...renderStep(student)),
    ...renderChapters(chapters, titles),
    h('td', { 'data-label': 'Drills' }, ...renderDrill(student)),
    h('td', { 'data-label': 'Checks', class: 'tight' }, renderChecks(student)),
    h(
      'td',
      { class: 'tight' },
      h(
        'button',
        { type: 'button', 'aria-label': `Hint to ${name}`, onclick: () => hintTo(id) },
        `Hint${textIf(student.hints > 0, ` (${student.hints})`)}`,
      ),
    ),
  );
}

function renderHead(titles: string[]): void {
  const columns = ['Student', 'Now', ...titles, 'Drills', 'Checks', 'Hint'];
  byId('head').replaceChildren(
    h('tr', {}, ...columns.map((text) => h('th', { scope: 'col' }, text))),
  );
}

/** Offers all students as receivers of a hint. Keeps the choice. */
function offer(students: ShownStudent[]): void {
  const select = field('to');
  const chosen = select.value;
  select.replaceChildren(
    h('option', { value: '' }, 'everyone'),
    ...students.map(({ id, name }) => h('option', { value: id }, name)),
  );
  select.value = chosen;
}

function render(): void {
  if (!board) return;
  const { chapters, students } = board;
  const focused = document.activeElement?.closest('tr')?.id;
  byId('rows').replaceChildren(...students.map((student) => renderRow(student, chapters)));
  byId('summary').textContent = summarize(students, now());
  if (focused) document.getElementById(focused)?.querySelector('button')?.focus();
}

function onMessage(message: ServerMessage): void {
  if (message.type === 'board') {
    const isFirst = board === undefined;
    board = message;
    ahead = Date.parse(message.now) - Date.now();
    if (isFirst) {
      renderHead(message.chapters);
      offer(message.students);
    }
    return render();
  }
  if (message.type === 'failed') {
    byId('sent').textContent = `Not sent: ${message.text}`;
    return;
  }
  const { to, without } = message;
  const sent = textIf(to.length > 0, `Sent to ${to.join(', ')}.`);
  const missing = textIf(without.length > 0, `No lab yet: ${without.join(', ')}.`);
  byId('sent').textContent = `${sent} ${missing}`.trim();
  if (to.length > 0) field('hint-text').value = '';
}

byId('hint').addEventListener('submit', (event) => {
  event.preventDefault();
  const one = field('to').value;
  let to = board?.students.map(({ id }) => id) ?? [];
  if (one) to = [one];
  connection.send({ type: 'hint', to, text: field('hint-text').value });
});

setInterval(render, TICK);
