import { encode } from 'uqr';
import { type Html, html } from './html';

/** Empty margin around a code that readers need, in modules. */
const MARGIN = 4;

/**
 * Renders the text as a QR code in SVG. Black on white in dark mode too: many readers accept no
 * other colours.
 */
export function qrCode(text: string, label: string): Html {
  const { size, data } = encode(text, { ecc: 'M', border: MARGIN });
  const runs = data.flatMap((row, y) =>
    [
      ...row
        .map((isDark) => Number(isDark))
        .join('')
        .matchAll(/1+/g),
    ].map((run) => `M${run.index} ${y}h${run[0].length}v1h-${run[0].length}z`),
  );
  return html`<svg class="code" viewBox="0 0 ${size} ${size}" role="img" aria-label="${label}" shape-rendering="crispEdges"><rect width="${size}" height="${size}" fill="#fff"/><path fill="#000" d="${runs.join('')}"/></svg>`;
}
