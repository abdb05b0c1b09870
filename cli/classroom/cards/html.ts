/** HTML that is safe to place as it is. Only this file makes any: what `html` is given as plain text is escaped. */
export class Html {
  private constructor(private readonly text: string) {}

  static of(parts: TemplateStringsArray, values: Value[]): Html {
    return new Html(
      parts
        .map((part, index) => part + (index < values.length ? rendered(values[index]) : ''))
        .join(''),
    );
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

// What no page may show (control characters) is left out, or a name could end a line, or a terminal's title.
const escaped = (text: string): string =>
  text.replace(/[\p{Cc}]/gu, ' ').replace(/[&<>"']/g, (character) => ENTITIES[character]);

function rendered(value: Value): string {
  if (value === undefined) return '';
  if (Array.isArray(value)) return value.map(rendered).join('');
  return value instanceof Html ? value.toString() : escaped(String(value));
}

/** A template of HTML (or SVG): every value is escaped, in text as in quoted attributes, unless it is Html; undefined is nothing. */
export const html = (parts: TemplateStringsArray, ...values: Value[]): Html =>
  Html.of(parts, values);
