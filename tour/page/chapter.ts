import { textIf } from '../../util/optional';
import type { ShownChapter, ShownCommand, ShownDrill, ShownStep } from '../server/messages';
import { classes, h, marked } from '../../web/client/elements';
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

/** Renders a check mark. A screen reader reads it as text. */
function tick(done: boolean): HTMLElement {
  let text = 'to do: ';
  if (done) text = 'done: ';
  return h('span', { class: classes('tick', { done }) }, h('span', { class: 'hidden' }, text));
}

/** Renders a command. Its place is shown unless the command before has the same. */
function command(
  { place, type, done }: ShownCommand,
  { before, actions }: { before?: ShownCommand; actions: Actions },
): HTMLElement {
  let action = 'Type it';
  if (done) action = '✓ Type again';
  return h(
    'li',
    { class: classes('command', { done }) },
    h('span', { class: classes('place', { hidden: before?.place === place }) }, place),
    h('code', {}, ...withPlaceholders(type)),
    h(
      'button',
      {
        ...{ type: 'button', class: 'quiet', 'aria-label': `Type it: ${type}` },
        onclick: () => actions.type({ place, type, done }),
      },
      action,
    ),
  );
}

function listings({ article, evidence, facts, done, commands }: ShownStep): HTMLElement {
  const nothing = `Nothing yet.${textIf(commands.length > 0, ' Run the commands.')}`;
  return h(
    'div',
    { class: classes('listings', { two: article !== '' }) },
    article !== '' &&
      h(
        'figure',
        {},
        h('figcaption', {}, 'The article, 2018'),
        h('pre', { tabindex: '0' }, article),
      ),
    h(
      'figure',
      { class: classes('own', { done }) },
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
  let text = reply?.text ?? '';
  if (answer) text = 'Right. Only your lab has this answer.';
  return h(
    'form',
    {
      class: classes('question', { done: answer !== '' }),
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
  let text = 'Send a packet and draw its way';
  if (visit.walking === step.id) text = 'On its way…';
  return h(
    'section',
    { class: 'walk' },
    h(
      'button',
      { type: 'button', disabled: visit.walking !== '', onclick: () => actions.walk(step.id) },
      text,
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
        {
          type: 'button',
          class: textIf(!step.done, 'quiet'),
          onclick: () => actions.next(step.id),
        },
        'Next step',
      ),
    ),
  );
}

function section(step: ShownStep, actions: Actions, visit: Visit): HTMLElement {
  const isOpen = visit.open === step.id;
  const states = { skipped: step.skip !== '', done: step.done, open: isOpen };
  return h(
    'section',
    { class: classes('step', states), id: step.id },
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
          onclick: () => actions.open(textIf(!isOpen, step.id)),
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
  let buttons = [button('start', 'Break my lab')];
  if (isRunning)
    buttons = [button('hint', 'Hint'), button('check', 'Check'), button('stop', 'Repair and stop')];
  return h(
    'li',
    { class: textIf(isRunning, 'running') },
    h('span', { class: 'title' }, title),
    h('span', { class: 'id' }, state || `about ${minutes} min`),
    h('span', { class: 'buttons' }, ...buttons),
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
