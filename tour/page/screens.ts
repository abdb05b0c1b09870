import { FitAddon } from '@xterm/addon-fit';
import { type ITheme, Terminal } from '@xterm/xterm';
import type { Connection } from '../../web/client/connection';
import type { BrowserMessage, ServerMessage } from '../server/messages';
import { byId, h } from '../../web/client/elements';

/** Colours of the terminal, light and dark. Both reach a contrast of 4.5 on their background. */
const THEMES: Record<'light' | 'dark', ITheme> = {
  light: {
    background: '#fbfaf7',
    foreground: '#22272e',
    cursor: '#0b6e4f',
    cursorAccent: '#fbfaf7',
    selectionBackground: '#cfe3da',
    black: '#22272e',
    red: '#a4262c',
    green: '#0b6e4f',
    yellow: '#7a5200',
    blue: '#1c5fa8',
    magenta: '#7b3a99',
    cyan: '#0b6a75',
    white: '#5c6570',
  },
  dark: {
    background: '#0f1418',
    foreground: '#dfe5ea',
    cursor: '#5fd3a4',
    cursorAccent: '#0f1418',
    selectionBackground: '#24463a',
  },
};

const dark = matchMedia('(prefers-color-scheme: dark)');

/** Matches screens on which text and terminal are above each other, as in page.css. */
export const narrow = matchMedia('(max-width: 54rem)');

const theme = (): ITheme => THEMES[dark.matches ? 'dark' : 'light'];

/** Monospaced fonts of the host. */
const FONT = 'ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace';

/** Terminal of one place in the page. */
interface Screen {
  terminal: Terminal;
  fit: FitAddon;
  element: HTMLElement;
  tab: HTMLElement;
}

/**
 * Makes the terminal's own styles fit the policy: its style sheets get the nonce, and its style
 * attributes are set as properties, which the policy allows.
 */
function allowTerminalStyles(): void {
  const nonce = document.querySelector<HTMLMetaElement>('meta[name=nonce]')!.content;
  const create = document.createElement.bind(document);
  document.createElement = ((name: string, options?: ElementCreationOptions) => {
    const element = create(name, options);
    if (name === 'style') element.nonce = nonce;
    return element;
  }) as typeof document.createElement;
  const set = Element.prototype.setAttribute;
  HTMLElement.prototype.setAttribute = function (name: string, value: string): void {
    if (name === 'style') this.style.cssText = value;
    else set.call(this, name, value);
  };
}

/** Terminals of the page, one for each place. One is visible. */
export class Screens {
  private readonly screens = new Map<string, Screen>();
  private current = '';

  constructor(private readonly connection: Connection<BrowserMessage, ServerMessage>) {
    allowTerminalStyles();
    dark.addEventListener('change', () => {
      for (const { terminal } of this.screens.values()) terminal.options.theme = theme();
    });
    new ResizeObserver(() => this.fitCurrent()).observe(byId('screens'));
  }

  /** Creates the screens of the places that have none. */
  offer(places: string[]): void {
    for (const place of places) if (!this.screens.has(place)) this.create(place);
  }

  private create(place: string): void {
    const id = `screen-${place}`;
    const element = h('div', {
      id,
      class: 'screen',
      role: 'tabpanel',
      'aria-label': place,
      hidden: true,
    });
    const tab = h(
      'button',
      {
        ...{ role: 'tab', type: 'button', id: `tab-${place}`, 'aria-controls': id },
        ...{ 'aria-selected': 'false', tabindex: '-1' },
        onclick: () => this.show(place, true),
        onkeydown: (event) => this.onTabKey(event as KeyboardEvent),
      },
      place,
    );
    byId('screens').append(element);
    byId('tabs').append(tab);
    const terminal = new Terminal({
      fontFamily: FONT,
      fontSize: 13,
      lineHeight: 1.15,
      cursorBlink: false,
      scrollback: 3000,
      minimumContrastRatio: 4.5,
      theme: theme(),
    });
    const fit = new FitAddon();
    terminal.loadAddon(fit);
    terminal.attachCustomKeyEventHandler((event) => event.key !== 'F6');
    terminal.onData((data) => this.connection.send({ type: 'input', place, data }));
    terminal.onResize(({ cols: columns, rows }) =>
      this.connection.send({ type: 'resize', place, columns, rows }),
    );
    this.screens.set(place, { terminal, fit, element, tab });
  }

  private onTabKey(event: KeyboardEvent): void {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    const places = [...this.screens.keys()];
    const at = (places.indexOf(this.current) + step + places.length) % places.length;
    this.show(places[at]);
    this.screens.get(places[at])!.tab.focus();
  }

  /** Shows the terminal of a place, and opens it if it is closed. */
  show(place: string, focus = false): void {
    const screen = this.screens.get(place);
    if (!screen) return;
    this.current = place;
    // A small screen has room for one of them.
    if (narrow.matches && focus) (byId('network') as HTMLDetailsElement).open = false;
    for (const [name, { element, tab }] of this.screens) {
      element.hidden = name !== place;
      tab.setAttribute('aria-selected', String(name === place));
      tab.tabIndex = name === place ? 0 : -1;
    }
    if (!screen.terminal.element) screen.terminal.open(screen.element);
    screen.fit.fit();
    this.open(place);
    if (focus) screen.terminal.focus();
  }

  /** Returns whether a terminal is visible. */
  isShown(): boolean {
    return this.current !== '';
  }

  private open(place: string): void {
    const { cols: columns, rows } = this.screens.get(place)!.terminal;
    this.connection.send({ type: 'open', place, columns, rows });
  }

  private fitCurrent(): void {
    const screen = this.screens.get(this.current);
    if (screen?.terminal.element) screen.fit.fit();
  }

  /** Opens the visible terminal again, after the connection was lost. */
  reopen(): void {
    if (this.screens.has(this.current)) this.open(this.current);
  }

  output(place: string, data: string, replay: boolean): void {
    const terminal = this.screens.get(place)?.terminal;
    if (replay) terminal?.reset();
    terminal?.write(data);
  }

  closed(place: string): void {
    this.screens
      .get(place)
      ?.terminal.write('\r\nThis session has ended. Choose its tab to log in again.\r\n');
  }

  /** Types a command into a terminal, without Enter. */
  type(place: string, command: string): void {
    this.show(place, true);
    // The line that is there already goes first.
    this.connection.send({ type: 'input', place, data: `\x15${command}` });
  }

  /** Moves the keyboard from text to terminal, or back. */
  focus(): void {
    this.screens.get(this.current)?.terminal.focus();
  }
}
