export type Child = Node | string | undefined | false;

/** Properties of an element; `on…` are listeners. */
type Properties = Record<string, string | boolean | undefined | ((event: Event) => void)>;

const SVG = 'http://www.w3.org/2000/svg';

function apply(element: Element, properties: Properties): void {
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === 'function') element.addEventListener(name.slice(2), value);
    else if (typeof value === 'string') element.setAttribute(name, value);
    else if (value) element.setAttribute(name, '');
  }
}

function fillWith(element: Element, children: Child[]): void {
  for (const child of children) if (child !== undefined && child !== false) element.append(child);
}

/** Creates an element. Texts are text, never HTML. */
export function h(name: string, properties: Properties = {}, ...children: Child[]): HTMLElement {
  const element = document.createElement(name);
  apply(element, properties);
  fillWith(element, children);
  return element;
}

/** Creates an element of SVG. */
export function s(name: string, properties: Properties = {}, ...children: Child[]): SVGElement {
  const element = document.createElementNS(SVG, name) as SVGElement;
  apply(element, properties);
  fillWith(element, children);
  return element;
}

/**
 * Joins class names: those that an element always has, and the names of the states that hold.
 * @example
 * classes('step', { done: true, open: false }) // 'step done'
 */
export const classes = (always: string, states: Record<string, boolean>): string =>
  [always, ...Object.keys(states).filter((name) => states[name])].join(' ');

/** Returns the parts of a text, with links as elements. A link opens beside the tour. */
const linked = (text: string): Child[] =>
  text.split(/(http:\/\/[\w.:]+)/).map((part, at) => {
    if (at % 2 === 0) return part;
    return h('a', { href: part, target: '_blank', rel: 'noopener noreferrer' }, part);
  });

/** Returns the parts of a text, with links, and code between backticks as elements. */
export const marked = (text: string): Child[] =>
  text.split('`').flatMap((part, at) => {
    if (at % 2 === 0) return linked(part);
    return [h('code', {}, part)];
  });

export const byId = (id: string): HTMLElement => document.getElementById(id)!;
