import { type Browser, chromium, type Page } from 'playwright-core';
import { until } from './until';

/** Debian's Chromium, which bin/test.sh installs. */
export const CHROMIUM = '/usr/bin/chromium';

/** Starts Chromium. Root has no sandbox there. */
export const openBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });

/** Look of a page: the size of its window, and its colours. */
export interface Look {
  width: number;
  height: number;
  colorScheme: 'light' | 'dark';
}

/** Command, as the page shows it. */
export interface SeenCommand {
  place: string;
  text: string;
  done: boolean;
}

/** Page of a tour in a browser, and the student's hands on the keyboard. */
export class TourPage {
  /** Errors and refusals of the browser, and requests to other hosts. */
  readonly complaints: string[] = [];

  private constructor(
    readonly page: Page,
    private readonly url: string,
  ) {
    const { host } = new URL(url);
    page.on('console', (message) => this.complaints.push(message.text()));
    page.on('pageerror', (error) => this.complaints.push(error.message));
    page.on('request', (request) => {
      const isOwn = request.url().startsWith('data:') || new URL(request.url()).host === host;
      if (!isOwn) this.complaints.push(`requested ${request.url()}`);
    });
  }

  static async open(browser: Browser, url: string, look: Partial<Look> = {}): Promise<TourPage> {
    const { width = 1440, height = 900, colorScheme = 'light' } = look;
    const page = await browser.newPage({ viewport: { width, height }, colorScheme });
    const tour = new TourPage(page, url);
    await page.goto(url);
    await page.waitForSelector('.step.open');
    return tour;
  }

  /** Opens a step by its address, as a link to it would. */
  async openStep(id: string): Promise<void> {
    await this.page.goto('about:blank');
    await this.page.goto(`${this.url}#${id}`);
    await this.page.waitForSelector(`[id="${id}"].open`);
  }

  openedId(): Promise<string> {
    return this.page.locator('.step.open').first().getAttribute('id') as Promise<string>;
  }

  isDone(id: string): Promise<boolean> {
    return this.page.evaluate(
      (step) => document.getElementById(step)?.classList.contains('done') ?? false,
      id,
    );
  }

  commands(): Promise<SeenCommand[]> {
    return this.page.evaluate(() =>
      [...document.querySelectorAll('.step.open .command')].map((one) => ({
        place: one.querySelector('.place')!.textContent!,
        text: one.querySelector('code')!.textContent!,
        done: one.classList.contains('done'),
      })),
    );
  }

  /** Text of the visible terminal. */
  screen(): Promise<string> {
    return this.page.evaluate(() =>
      [...document.querySelectorAll('.screen:not([hidden]) .xterm-rows > div')]
        .map((row) => row.textContent!.replace(/\u00a0/g, ' ').trimEnd())
        .join('\n')
        .trimEnd(),
    );
  }

  /** Waits until the visible terminal has a prompt at its end. */
  async awaitPrompt(seconds = 30): Promise<void> {
    await until('a prompt', async () => /\$$/.test(await this.screen()), seconds);
  }

  /** Chooses the terminal of a place by its tab. */
  async choose(place: string): Promise<void> {
    await this.page.locator('#tabs button', { hasText: place }).click();
    await this.awaitPrompt();
  }

  /** Types a command in a terminal, and waits until it has ended. */
  async type(place: string, command: string): Promise<void> {
    await this.choose(place);
    // An empty screen shows when the command has ended.
    await this.page.keyboard.press('Control+L');
    await until('an empty screen', async () => !(await this.screen()).includes('\n'));
    await this.page.keyboard.type(command);
    await this.page.keyboard.press('Enter');
    await until('output', async () => (await this.screen()).includes('\n'));
    await this.awaitPrompt(60);
  }

  /** Answers the question of the open step; returns the page's reply. */
  async answer(text: string): Promise<string> {
    const form = this.page.locator('.step.open .question');
    await form.locator('input').fill(text);
    await form.locator('button').click();
    return until('a reply', () => form.locator('.reply').innerText());
  }

  /** Sends messages over one socket of the page's own, each after the reply to the one before; returns the replies. */
  ask(messages: object[], type: string): Promise<Record<string, unknown>[]> {
    return this.page.evaluate(
      ([texts, wanted]) =>
        new Promise<Record<string, unknown>[]>((resolve) => {
          const socket = new WebSocket(
            new URL('socket', location.href).href.replace(/^http/, 'ws'),
          );
          const replies: Record<string, unknown>[] = [];
          socket.addEventListener('open', () => socket.send(texts[0]));
          socket.addEventListener('message', ({ data }) => {
            const reply = JSON.parse(String(data)) as Record<string, unknown>;
            if (reply.type !== wanted) return;
            replies.push(reply);
            if (replies.length < texts.length) return socket.send(texts[replies.length]);
            socket.close();
            resolve(replies);
          });
        }),
      [messages.map((message) => JSON.stringify(message)), type] as const,
    );
  }

  /** Sends one message over a socket of the page's own, and waits until the tour has had time for it. */
  async send(message: object): Promise<void> {
    await this.page.evaluate(
      (text) =>
        new Promise<void>((resolve) => {
          const socket = new WebSocket(
            new URL('socket', location.href).href.replace(/^http/, 'ws'),
          );
          socket.addEventListener('open', () => socket.send(text));
          setTimeout(() => resolve(socket.close()), 1000);
        }),
      JSON.stringify(message),
    );
  }

  close(): Promise<void> {
    return this.page.close();
  }
}
