/**
 * HTML text without anything to escape. Only this file creates instances: `html` escapes plain
 * text.
 */
export class Html {
  private constructor(private readonly text: string) {}

  static of(parts: TemplateStringsArray, values: Value[]): Html {
    return new Html(parts.map((part, index) => part + rendered(values[index])).join(''));
  }

  toString(): string {
    return this.text;
  }
}

type Value = string | number | Html | undefined | Value[];

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

// Replaces control characters: a name with one could end a line, or change a terminal's title.
const escaped = (text: string): string =>
  text.replace(/[\p{Cc}]/gu, ' ').replace(/[&<>"']/g, (character) => ENTITIES[character]);

function rendered(value: Value): string {
  if (value === undefined) return '';
  if (Array.isArray(value)) return value.map(rendered).join('');
  if (value instanceof Html) return value.toString();
  return escaped(String(value));
}

/**
 * Template tag for HTML or SVG. Escapes every value, in text and in quoted attributes, unless it is
 * Html. `undefined` is rendered as nothing.
 */
export const html = (parts: TemplateStringsArray, ...values: Value[]): Html =>
  Html.of(parts, values);
