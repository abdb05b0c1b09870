import { textIf } from '../../util/optional';
import type { Hint } from '../progress';
import type {
  BrowserMessage,
  ServerMessage,
  ShownChapter,
  ShownStep,
  ShownTour,
} from '../server/messages';
import { type Actions, renderChapter, type Visit } from './chapter';
import { Connection } from '../../web/client/connection';
import { byId, h } from '../../web/client/elements';
import { draw, type DrawnWalk, listWalk } from './picture';
import { narrow, Screens } from './screens';

let tour: ShownTour | undefined;
let chapterAt = 0;
let walk: DrawnWalk | undefined;

const visit: Visit = {
  ...{ open: '', walking: '', drillOutput: '', drillRuns: false },
  ...{ replies: new Map(), walks: new Map() },
};

const connection = new Connection<BrowserMessage, ServerMessage>(onMessage, (open) => {
  byId('offline').hidden = open;
  if (!open) return;
  connection.send({ type: 'select', step: visit.open });
  screens.reopen();
});
const screens = new Screens(connection);

const steps = (): ShownStep[] => tour!.chapters.flatMap((chapter) => chapter.steps);

/** Chapter of a step. */
const chapterOf = (id: string): number =>
  tour!.chapters.findIndex((chapter) => chapter.steps.some((step) => step.id === id));

const actions: Actions = {
  open: select,
  type: ({ place, type }) => screens.type(place, type),
  answer: (step, text) => connection.send({ type: 'answer', step, text }),
  walk: (step) => {
    visit.walking = step;
    connection.send({ type: 'walk', step });
    render();
  },
  drill: (verb, name) => {
    visit.drillOutput = '';
    visit.drillRuns = true;
    connection.send({ type: 'drill', verb, name });
    render();
  },
  next: (id) => {
    const all = steps();
    const next = all[all.findIndex((step) => step.id === id) + 1];
    if (next) select(next.id, true);
  },
};

/** Opens a step, and the terminal of its first command. */
function select(id: string, focus = false): void {
  visit.open = id;
  connection.send({ type: 'select', step: id });
  history.replaceState(undefined, '', textIf(id, `#${id}`) || location.pathname);
  const step = steps().find((one) => one.id === id);
  if (step) chapterAt = chapterOf(id);
  const place = step?.commands.find(({ done }) => !done)?.place ?? step?.commands[0]?.place;
  if (place) screens.show(place);
  else if (!screens.isShown()) screens.show(tour!.places[0]);
  render();
  const heading = document.getElementById(id)?.querySelector('button');
  if (focus) heading?.focus();
  if (focus || !isNear(heading)) heading?.scrollIntoView({ block: 'start' });
}

/** Returns whether an element is in the upper half of the text. */
function isNear(element: Element | null | undefined): boolean {
  const text = byId('text').getBoundingClientRect();
  const top = element?.getBoundingClientRect().top ?? text.top;
  return top >= text.top && top < text.top + text.height / 2;
}

/** Opens the step that the address names, or the first one that is not done. */
function selectFirst(): void {
  const named = decodeURIComponent(location.hash.slice(1));
  const all = steps().filter(({ skip }) => skip === '');
  const step = all.find(({ id }) => id === named) ?? all.find(({ done }) => !done) ?? all[0];
  select(step.id);
}

function isDone({ steps: list }: ShownChapter): boolean {
  return list.every(({ done, skip }) => done || skip !== '');
}

function renderChapters({ chapters }: ShownTour): void {
  byId('chapters').replaceChildren(
    h(
      'ol',
      {},
      ...chapters.map((chapter, at) => {
        const done = chapter.steps.filter((step) => step.done).length;
        const count = chapter.steps.filter((step) => step.skip === '').length;
        return h(
          'li',
          {},
          h(
            'button',
            {
              ...{ type: 'button', class: textIf(isDone(chapter), 'done') },
              'aria-current': at === chapterAt ? 'page' : undefined,
              onclick: () => openChapter(at),
            },
            chapter.title,
            h('span', { class: 'count' }, `${done}/${count}`),
          ),
        );
      }),
    ),
  );
}

function openChapter(at: number): void {
  chapterAt = at;
  const list = tour!.chapters[at].steps.filter(({ skip }) => skip === '');
  const step = list.find(({ done }) => !done) ?? list[0];
  if (step) select(step.id);
  else render();
  byId('text').scrollTo(0, 0);
}

/** Describes the element that has the keyboard, so that it can be found after it was replaced. */
function focusKey(): { key: string; value?: string; from?: number | null } | undefined {
  const element = document.activeElement as HTMLInputElement | null;
  if (!element || !byId('text').contains(element) || element === byId('text')) {
    const inNav = element && byId('chapters').contains(element);
    if (inNav) return { key: keyOf(element) };
    return undefined;
  }
  const isInput = element.tagName === 'INPUT';
  return {
    key: keyOf(element),
    ...(isInput && { value: element.value, from: element.selectionStart }),
  };
}

/** Names a control by its step and its place among the step's controls. */
function keyOf(element: Element): string {
  const scope = element.closest('.step, .drills, nav, article')!;
  const at = [...scope.querySelectorAll('button, input, pre')].indexOf(element);
  return `${scope.id || scope.className || scope.tagName}|${at}`;
}

function restoreFocus(before: ReturnType<typeof focusKey>): void {
  if (!before) return;
  const all = [...document.querySelectorAll('#text button, #text input, #text pre, nav button')];
  const found = all.find((one) => keyOf(one) === before.key) as HTMLInputElement | undefined;
  if (!found) return;
  if (before.value !== undefined && found.tagName === 'INPUT' && !found.readOnly)
    found.value = before.value;
  found.focus({ preventScroll: true });
  if (before.from !== undefined && found.tagName === 'INPUT')
    found.setSelectionRange(before.from, before.from);
}

function render(): void {
  if (!tour) return;
  const before = focusKey();
  const scroll = byId('text').scrollTop;
  renderChapters(tour);
  byId('text').replaceChildren(renderChapter(tour.chapters[chapterAt], actions, visit));
  byId('text').scrollTop = scroll;
  byId('score').textContent = `${tour.done} of ${tour.total} rows of the article`;
  byId('picture').replaceChildren(draw(tour, walk));
  restoreFocus(before);
}

/** Hints that the student has closed, by their time. Kept in this browser. */
const closedHints = new Set<string>(JSON.parse(localStorage.getItem('closed-hints') ?? '[]'));

function renderHints(hints: Hint[]): void {
  // The newest is first: the list of hints scrolls.
  const open = hints.filter(({ at }) => !closedHints.has(at)).reverse();
  const close = (at: string): void => {
    closedHints.add(at);
    localStorage.setItem('closed-hints', JSON.stringify([...closedHints]));
    renderHints(hints);
  };
  byId('hints').hidden = open.length === 0;
  byId('hints').replaceChildren(
    ...open.map(({ at, text }) =>
      h(
        'p',
        {},
        h('b', {}, 'Your instructor: '),
        text,
        h('button', { type: 'button', onclick: () => close(at) }, 'Close'),
      ),
    ),
  );
}

function onMessage(message: ServerMessage): void {
  switch (message.type) {
    case 'tour': {
      const isFirst = tour === undefined;
      tour = message.tour;
      screens.offer(tour.places);
      if (isFirst) selectFirst();
      return render();
    }
    case 'done':
      byId('live').textContent = `Done: ${message.title}`;
      return;
    case 'output':
      return screens.output(message.place, message.data, message.replay);
    case 'hints':
      return renderHints(message.hints);
    case 'closed':
      return screens.closed(message.place);
    case 'answered':
      visit.replies.set(message.step, message);
      return render();
    case 'walk':
      visit.walking = '';
      walk = message;
      visit.walks.set(message.step, listWalk(message, message.ending));
      return render();
    case 'drill':
      visit.drillOutput += message.text;
      visit.drillRuns = message.running;
      return render();
  }
}

(byId('network') as HTMLDetailsElement).open = !narrow.matches;

addEventListener('keydown', (event) => {
  if (event.key !== 'F6') return;
  event.preventDefault();
  const inTerminal = byId('terminal').contains(document.activeElement);
  if (inTerminal)
    (document.querySelector<HTMLElement>('.step.open h3 button') ?? byId('text')).focus();
  else screens.focus();
});
