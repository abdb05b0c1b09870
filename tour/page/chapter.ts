import type { ShownChapter, ShownCommand, ShownDrill, ShownStep } from '../server/messages';
import { h, marked } from '../../web/client/elements';
import { withPlaceholders } from './placeholders';

/** Actions of the page's controls. */
export interface Actions {
  open(step: string): void;
  type(command: ShownCommand): void;
  answer(step: string, text: string): void;
  walk(step: string): void;
  drill(verb: 'start' | 'check' | 'hint' | 'stop', name: string): void;
  next(step: string): void;
}

/** State of the page besides the tour: results of this visit. */
export interface Visit {
  /** Step that is open. */
  open: string;
  /** Reply to an answer, by step. */
  replies: Map<string, { right: boolean; text: string }>;
  /** Drawn walk, by step. */
  walks: Map<string, HTMLElement>;
  /** Walk under way. */
  walking: string;
  drillOutput: string;
  drillRuns: boolean;
}

const tick = (done: boolean): HTMLElement =>
  h(
    'span',
    { class: done ? 'tick done' : 'tick' },
    h('span', { class: 'hidden' }, done ? 'done: ' : 'to do: '),
  );

/** Renders a command. Its place is shown unless the command before has the same. */
const command = (
  one: ShownCommand,
  { before, actions }: { before?: ShownCommand; actions: Actions },
): HTMLElement =>
  h(
    'li',
    { class: one.done ? 'command done' : 'command' },
    h('span', { class: before?.place === one.place ? 'place hidden' : 'place' }, one.place),
    h('code', {}, ...withPlaceholders(one.type)),
    h(
      'button',
      {
        ...{ type: 'button', class: 'quiet', 'aria-label': `Type it: ${one.type}` },
        onclick: () => actions.type(one),
      },
      one.done ? '✓ Type again' : 'Type it',
    ),
  );

function listings({ article, evidence, facts, done, commands }: ShownStep): HTMLElement {
  const nothing = commands.length > 0 ? 'Nothing yet. Run the commands.' : 'Nothing yet.';
  return h(
    'div',
    { class: article ? 'listings two' : 'listings' },
    article !== '' &&
      h(
        'figure',
        {},
        h('figcaption', {}, 'The article, 2018'),
        h('pre', { tabindex: '0' }, article),
      ),
    h(
      'figure',
      { class: done ? 'own done' : 'own' },
      h('figcaption', {}, 'Your lab'),
      h('pre', { tabindex: '0' }, [evidence, facts].filter(Boolean).join('\n\n') || nothing),
    ),
  );
}

function question(step: ShownStep, actions: Actions, visit: Visit): HTMLElement | undefined {
  if (!step.question) return undefined;
  const { ask, form, answer } = step.question;
  const id = `answer-${step.id}`;
  const reply = visit.replies.get(step.id);
  const input = h('input', {
    ...{ id, name: 'answer', autocomplete: 'off', spellcheck: 'false', placeholder: form },
    ...{ value: answer, readonly: answer !== '', 'aria-describedby': `${id}-reply` },
  });
  const text = answer ? 'Right. Only your lab has this answer.' : (reply?.text ?? '');
  return h(
    'form',
    {
      class: answer ? 'question done' : 'question',
      onsubmit: (event) => {
        event.preventDefault();
        actions.answer(step.id, (input as HTMLInputElement).value);
      },
    },
    h('label', { for: id }, ask),
    h('div', {}, input, !answer && h('button', { type: 'submit' }, 'Answer')),
    h('p', { id: `${id}-reply`, class: 'reply', role: 'status' }, text),
  );
}

function walk(step: ShownStep, actions: Actions, visit: Visit): HTMLElement | undefined {
  if (!step.walk) return undefined;
  const isUnderWay = visit.walking === step.id;
  return h(
    'section',
    { class: 'walk' },
    h(
      'button',
      { type: 'button', disabled: visit.walking !== '', onclick: () => actions.walk(step.id) },
      isUnderWay ? 'On its way…' : 'Send a packet and draw its way',
    ),
    h('code', {}, `./lab walk ${step.walk}`),
    visit.walks.get(step.id),
  );
}

function body(step: ShownStep, actions: Actions, visit: Visit): HTMLElement {
  if (step.skip)
    return h('div', { class: 'body' }, h('p', { class: 'note' }, `Not in this lab: ${step.skip}.`));
  return h(
    'div',
    { class: 'body', id: `body-${step.id}` },
    ...step.text.map((text) => h('p', {}, ...marked(text))),
    step.commands.length > 0 &&
      h(
        'ol',
        { class: 'commands' },
        ...step.commands.map((one, at) => command(one, { before: step.commands[at - 1], actions })),
      ),
    listings(step),
    step.since !== '' &&
      h('p', { class: 'note' }, h('b', {}, 'Since 2018. '), ...marked(step.since)),
    walk(step, actions, visit),
    question(step, actions, visit),
    h(
      'p',
      { class: 'next' },
      h(
        'button',
        { type: 'button', class: step.done ? '' : 'quiet', onclick: () => actions.next(step.id) },
        'Next step',
      ),
    ),
  );
}

function section(step: ShownStep, actions: Actions, visit: Visit): HTMLElement {
  const isOpen = visit.open === step.id;
  const state = step.skip ? 'skipped' : '';
  return h(
    'section',
    { class: `step ${state} ${step.done ? 'done' : ''} ${isOpen ? 'open' : ''}`, id: step.id },
    h(
      'h3',
      {},
      h(
        'button',
        {
          ...{
            type: 'button',
            'aria-expanded': String(isOpen),
            'aria-controls': `body-${step.id}`,
          },
          onclick: () => actions.open(isOpen ? '' : step.id),
        },
        tick(step.done),
        h('span', { class: 'title' }, step.title),
        h('span', { class: 'id' }, step.id),
      ),
    ),
    isOpen && body(step, actions, visit),
  );
}

function drill(
  { name, title, minutes, state }: ShownDrill,
  actions: Actions,
  visit: Visit,
): HTMLElement {
  const button = (verb: 'start' | 'check' | 'hint' | 'stop', text: string): HTMLElement =>
    h(
      'button',
      {
        ...{ type: 'button', class: 'quiet', disabled: visit.drillRuns },
        onclick: () => actions.drill(verb, name),
      },
      text,
    );
  const isRunning = state.startsWith('running') || state.startsWith('interrupted');
  return h(
    'li',
    { class: isRunning ? 'running' : '' },
    h('span', { class: 'title' }, title),
    h('span', { class: 'id' }, state || `about ${minutes} min`),
    h(
      'span',
      { class: 'buttons' },
      ...(isRunning
        ? [button('hint', 'Hint'), button('check', 'Check'), button('stop', 'Repair and stop')]
        : [button('start', 'Break my lab')]),
    ),
  );
}

const drills = (chapter: ShownChapter, actions: Actions, visit: Visit): HTMLElement =>
  h(
    'section',
    { class: 'drills' },
    h('h3', {}, 'Drills'),
    h(
      'p',
      {},
      'Each breaks your lab in one place. You read what a user reports, and find the cause.',
    ),
    h('ul', {}, ...chapter.drills.map((one) => drill(one, actions, visit))),
    visit.drillOutput !== '' &&
      h('pre', { role: 'log', 'aria-live': 'polite', tabindex: '0' }, visit.drillOutput),
  );

/** Renders a chapter. */
export const renderChapter = (chapter: ShownChapter, actions: Actions, visit: Visit): HTMLElement =>
  h(
    'article',
    {},
    h('h2', {}, chapter.title),
    h('p', { class: 'intro' }, chapter.intro),
    ...chapter.steps.map((step) => section(step, actions, visit)),
    chapter.drills.length > 0 && drills(chapter, actions, visit),
  );
