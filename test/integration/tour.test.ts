import { type ChildProcess, spawn } from 'node:child_process';
import * as fs from 'node:fs';
import type * as http from 'node:http';
import * as path from 'node:path';
import type { Browser } from 'playwright-core';
import { chapters } from '../../tour/chapters';
import { root } from '../../util/repo-root';
import { asRoot, environment, lab, labPrints, state, verify } from '../support/command';
import { CHROMIUM, openBrowser, TourPage } from '../support/tour-page';
import { request, upgradeStatus } from '../support/requests';
import { until } from '../support/until';

// A student in Chromium on a lab of one controller and two workers. Takes four to six minutes.

const LAB = 'local-guided';

/** Seconds within which a step must turn green after its effect. */
const SOON = 2;

const ROWS = chapters
  .flatMap(({ steps }) => steps)
  .filter(({ id }) => !/^(setup|tidy)\./.test(id))
  .map(({ id }) => id);

jest.setTimeout(10 * 60_000);

/** Skips all tests on a host without Chromium. bin/test.sh installs it. */
const inChromium = fs.existsSync(CHROMIUM) ? describe : describe.skip;

inChromium('in Chromium (skipped without it: apt-get install chromium)', () => {
  let browser: Browser;
  let server: ChildProcess;
  let url = '';
  let printed = '';

  async function startTour(...options: string[]): Promise<void> {
    printed = '';
    server = spawn('./lab', ['tour', LAB, ...options], { cwd: root, env: environment });
    server.stdout!.on('data', (text) => (printed += String(text)));
    server.stderr!.on('data', (text) => (printed += String(text)));
    url = await until('the tour begins', () => /http:\S+\//.exec(printed)?.[0], 60);
  }

  async function stopTour(): Promise<void> {
    expect(server.exitCode).toBeNull();
    const ended = new Promise((resolve) => server.once('exit', resolve));
    server.kill('SIGINT');
    await ended;
  }

  beforeAll(async () => {
    await labPrints('up', LAB, '--yes', '--set', 'controllers=1', '--set', 'workers=2');
    browser = await openBrowser();
    await startTour();
  });

  afterAll(async () => {
    await browser?.close();
    if (server?.exitCode === null) await stopTour();
    expect(await lab('down', LAB, '--yes')).toMatchObject({ code: 0 });
  });

  const ask = (path: string, headers?: http.OutgoingHttpHeaders): Promise<http.IncomingMessage> =>
    request(new URL(path, url), headers);
  const socketStatus = (path: string, headers: Record<string, string>): Promise<number> =>
    upgradeStatus(new URL(path, url), headers);

  /** Values that a student reads in listings and puts into commands. Found without the tour's code. */
  async function readPlaceholders(node: string): Promise<Record<string, string>> {
    const printed = await asRoot(
      LAB,
      node,
      `PID=$(pgrep -o -f '^nginx: master'); NETNS=$(ip netns identify $PID)
echo "NETNS $NETNS"
echo "INODE $(stat -L -c %i /proc/$PID/ns/net)"
echo "N $(ip netns exec $NETNS ethtool -S eth0 | sed -n 's/.*peer_ifindex: //p')"
echo "ID $(ctr -n k8s.io task ls 2> /dev/null | awk -v pid=$PID '$2 == pid {print $1}')"
echo "PID $PID"`,
    );
    return Object.fromEntries(
      printed
        .trim()
        .split('\n')
        .map((line) => line.split(' ') as [string, string]),
    );
  }

  /** Types the commands of the open step, as a student who has understood them. */
  async function takeStep(tour: TourPage): Promise<void> {
    const count = (await tour.commands()).length;
    for (let at = 0; at < count; at++) {
      // Names and addresses follow the pods, which a command before may have replaced.
      const { place, text } = await until('values instead of braces', async () => {
        const command = (await tour.commands())[at];
        return /\{\w+\.\w+\}/.test(command.text) ? undefined : command;
      });
      const values = /\b(INODE|PID|NETNS|ID|N)\b/.test(text) ? await readPlaceholders(place) : {};
      const line = text.replace(/\b(INODE|PID|NETNS|ID|N)\b/g, (word) => values[word] ?? word);
      const before = await drawn(tour);
      await tour.type(place, line);
      await until(`${line} is ticked`, async () => (await tour.commands())[at].done, SOON);
      if (line.includes('delete pods')) await newPods(tour, before);
    }
  }

  /** Texts of the picture of the network. */
  const drawn = (tour: TourPage): Promise<string> =>
    tour.page.evaluate(() => document.querySelector('#picture svg')!.textContent!);

  /** Waits until the page has the pods that replace deleted ones. */
  const newPods = (tour: TourPage, before: string): Promise<boolean> =>
    until('new pods', async () => {
      const now = await drawn(tour);
      return now !== before && (now.match(/busybox0-/g) ?? []).length === 2;
    });

  test('a student who types every command of the article sees 24 of 24 rows turn green in time', async () => {
    const tour = await TourPage.open(browser, url);
    const slow: string[] = [];
    const green: string[] = [];
    for (const { id } of chapters.flatMap(({ steps }) => steps)) {
      await tour.openStep(id);
      expect(await tour.isDone(id)).toBe(false);
      await takeStep(tour);
      if (id === 'nodeport.reach') {
        const address = /http:\/\/[\d.]+:31088/.exec(await tour.page.innerText('.step.open'))![0];
        expect((await ask(address)).statusCode).toBe(200);
      }
      // Pods of the preparation need a moment. The effect is that they are Ready.
      const seconds = id.startsWith('setup.') ? 20 : SOON;
      if (await until(id, () => tour.isDone(id), seconds).catch(() => false)) green.push(id);
      else slow.push(`${id}: ${await tour.screen()}`);
    }
    expect(slow).toEqual([]);
    expect(green.filter((id) => ROWS.includes(id))).toEqual(ROWS);
    expect(ROWS).toHaveLength(24);
    expect(await tour.page.innerText('#score')).toBe('24 of 24 rows of the article');
    expect(tour.complaints).toEqual([]);
    await tour.close();
  });

  test('the lab is as it was declared after the tour', async () => {
    const { failed } = await verify(LAB, 'cni.config', 'nat.masq.source');
    expect(failed).toBe(0);
  });

  describe('questions', () => {
    /** Right answers, found with other commands than those of the tour. */
    async function answers(): Promise<Record<string, string>> {
      const pods = JSON.parse(
        await labPrints('kubectl', LAB, '--', 'get', 'pods', '-o', 'json'),
      ) as {
        items: {
          metadata: { name: string };
          spec: { nodeName: string };
          status: { podIP: string };
        }[];
      };
      const nginx = pods.items.find(({ metadata }) => metadata.name.startsWith('nginx'))!;
      const first = pods.items.find(
        ({ metadata, spec }) =>
          metadata.name.startsWith('busybox0') && spec.nodeName === 'worker-0',
      )!;
      const { INODE, N } = await readPlaceholders(nginx.spec.nodeName);
      const entry = nginx.spec.nodeName === 'worker-0' ? 'worker-1' : 'worker-0';
      const rules = await asRoot(LAB, entry, 'iptables -t nat -S');
      const own = await asRoot(LAB, 'worker-0', 'iptables -t nat -S');
      const tracked = await asRoot(
        LAB,
        nginx.spec.nodeName,
        `conntrack -L -p tcp --dport 80 -d ${nginx.status.podIP} 2> /dev/null`,
      );
      const chain = (text: string, line: RegExp): string => line.exec(text)![1];
      return {
        'pod.netns': INODE,
        'pod.veth': N,
        'nat.counter': chain(
          own,
          new RegExp(`-A POSTROUTING -s ${first.status.podIP}/32 .*-j (CNI-\\w+)`),
        ),
        'svc.chains': chain(own, /-A (KUBE-SEP-\w+) -p tcp .*dns-tcp.* -j DNAT/),
        'nodeport.exit': chain(tracked, /sport=(\d+) dport=80/),
        'nodeport.chains': chain(
          rules,
          new RegExp(`-A (KUBE-SEP-\\w+) .*-j DNAT --to-destination ${nginx.status.podIP}:80`),
        ),
      };
    }

    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
    const random = (below: number): number => Math.floor(Math.random() * below);
    const word = (length: number): string =>
      Array.from({ length }, () => letters[random(letters.length)]).join('');

    /** Random answer of the right form. */
    function guess(right: string): string {
      const [, start = ''] = /^(KUBE-SEP-|CNI-)/.exec(right) ?? [];
      if (start === 'KUBE-SEP-') return start + word(16);
      if (start === 'CNI-') return start + Math.random().toString(16).slice(2).padEnd(24, '0');
      return String(random(10 ** right.length));
    }

    test('200 random wrong answers are refused, and the lab’s own are accepted', async () => {
      const tour = await TourPage.open(browser, url);
      const right = await answers();
      const steps = Object.keys(right);
      expect(steps).toEqual(
        chapters
          .flatMap((one) => one.steps)
          .filter((step) => step.question)
          .map(({ id }) => id),
      );
      const guesses = Array.from({ length: 200 }, (_, number) => {
        const step = steps[number % steps.length];
        let text = guess(right[step]);
        while (text === right[step]) text = guess(right[step]);
        return { type: 'answer', step, text };
      });
      const accepted = (await tour.ask(guesses, 'answered')).filter((reply) => reply.right);
      expect(accepted).toEqual([]);
      const replies: Record<string, string> = {};
      for (const [step, text] of Object.entries(right)) {
        await tour.openStep(step);
        replies[step] = await tour.answer(text);
      }
      expect(Object.values(replies).map((reply) => reply.slice(0, 6))).toEqual(
        steps.map(() => 'Right.'),
      );
      await tour.close();
    });
  });

  test('a walk is drawn on the network, and names every place on its way', async () => {
    const tour = await TourPage.open(browser, url);
    await tour.openStep('nodeport.reach');
    await tour.type('worker-0', 'sudo conntrack -L | grep 31088');
    await tour.page.locator('.walk button').click();
    const ending = tour.page.locator('.ending');
    await ending.waitFor({ timeout: 20_000 });
    expect(await ending.innerText()).toMatch(/^Delivered to pod default\/nginx-/);
    const places = await tour.page.locator('.visits').first().locator('b').allInnerTexts();
    expect(places.slice(0, 3)).toEqual(['laptop', 'VPC router', expect.stringMatching(/^worker-/)]);
    expect(await tour.page.locator('svg circle.there').count()).toBe(places.length);
    // Renews the picture of the guide: HARDWAY_SCREENSHOT=docs/guides/tour.png.
    const file = process.env.HARDWAY_SCREENSHOT;
    if (file) {
      await new Promise((resolve) => setTimeout(resolve, 1500));
      await tour.page.screenshot({ path: file });
    }
    expect(tour.complaints).toEqual([]);
    await tour.close();
  });

  test('a drill is started, searched and solved in the page', async () => {
    const tour = await TourPage.open(browser, url);
    await tour.openStep('route.host');
    const row = tour.page.locator('.drills li', { hasText: 'A private shortcut' });
    const log = tour.page.locator('.drills pre');
    const press = async (name: string, expected: RegExp): Promise<void> => {
      await row.getByRole('button', { name }).click();
      await until(String(expected), async () => expected.test(await log.innerText()), 120);
      await until('the command has ended', () => row.getByRole('button').first().isEnabled(), 60);
    };
    await press('Break my lab', /The network team wants to move the pods/);
    await press('Hint', /Hint 1 of 2: /);
    await press('Check', /route\.host: .*/);
    await tour.type('worker-0', 'sudo ip route del 10.200.1.0/24 via 10.240.0.21');
    await press('Check', /private-shortcut: solved in .*, 1 hint/);
    await until('the row says so', async () => /solved in .*, 1 hint/.test(await row.innerText()));
    expect(tour.complaints).toEqual([]);
    await tour.close();
  });

  test('progress and answers are still there after the tour was ended and started again', async () => {
    await stopTour();
    expect(printed).toContain(`The tour of lab ${LAB} ends.`);
    const old = url;
    await startTour('--jump');
    expect(url).not.toBe(old);
    const tour = await TourPage.open(browser, url);
    expect(await tour.page.innerText('#score')).toBe('24 of 24 rows of the article');
    await tour.openStep('pod.veth');
    expect(await tour.page.inputValue('.step.open input')).toMatch(/^\d+$/);
    expect(await tour.page.innerText('.step.open figure.own')).toContain('peer_ifindex');
    await tour.close();
  });

  test('with --jump the page can also be reached on controller-0, at its loopback only', async () => {
    const { port } = new URL(url);
    const status = "curl -s -m 5 -o /dev/null -w '%{http_code}'";
    const seen = await until('the page on controller-0', async () => {
      const printed = await asRoot(LAB, 'controller-0', `${status} ${url} || true`);
      return printed.trim() === '200' && printed.trim();
    });
    expect(seen).toBe('200');
    const outside = url.replace('127.0.0.1', '10.240.0.10');
    expect((await asRoot(LAB, 'worker-0', `${status} ${outside} || true`)).trim()).toBe('000');
    const listening = await asRoot(LAB, 'controller-0', `ss -Hltn 'sport = :${port}'`);
    expect(listening).toMatch(/ 127\.0\.0\.1:\d+ /);
    expect(listening.trim().split('\n')).toHaveLength(1);
  });

  test('many long hints leave room for the text, and the newest is in sight', async () => {
    const file = path.join(state, 'labs', LAB, 'hints.json');
    const hints = Array.from({ length: 8 }, (_, at) => ({
      at: new Date(at).toISOString(),
      text: `Hint ${at}. ${'Look at both ends of the cable. '.repeat(8)}`,
    }));
    fs.writeFileSync(file, JSON.stringify(hints), { mode: 0o600 });
    const tour = await TourPage.open(browser, url, { width: 390, height: 844 });
    await tour.page.locator('#hints', { hasText: 'Hint 7' }).waitFor();
    const bottom = (selector: string) =>
      tour.page.evaluate(
        (one) => document.querySelector(one)!.getBoundingClientRect().bottom,
        selector,
      );
    expect(await tour.page.locator('#hints p').first().innerText()).toContain('Hint 7.');
    expect(await bottom('#hints')).toBeLessThan(844 / 3);
    expect(await bottom('main')).toBeGreaterThan(844 / 2);
    fs.rmSync(file);
    await tour.close();
  });

  test('everything can be reached with the keyboard', async () => {
    const tour = await TourPage.open(browser, url);
    const { keyboard } = tour.page;
    await tour.openStep('nodes.ping');
    await tour.awaitPrompt();
    const focused = (): Promise<string> =>
      tour.page.evaluate(() => {
        const element = document.activeElement!;
        return element.closest('.xterm') ? 'terminal' : element.textContent!.trim();
      });
    await keyboard.press('F6');
    expect(await focused()).toBe('terminal');
    await keyboard.type('echo by hand\n');
    await until('output', async () => (await tour.screen()).includes('\nby hand'));
    await keyboard.press('F6');
    expect(await focused()).toContain('Ping another node');
    const seen: string[] = [];
    for (let presses = 0; presses < 25 && seen.at(-1) !== 'Next step'; presses++) {
      await keyboard.press('Tab');
      seen.push(await focused());
    }
    expect(seen.filter((text) => text.endsWith('Type again'))).toHaveLength(2);
    await keyboard.press('Enter');
    expect(await tour.openedId()).toBe('cni.config');
    expect(await focused()).toContain('Read the CNI configuration');
    await tour.close();
  });

  describe.each([
    ['light', 390, 844],
    ['dark', 390, 844],
    ['light', 1440, 900],
    ['dark', 1440, 900],
  ] as const)('in %s colours on a screen of %d × %d', (colorScheme, width, height) => {
    test('text, network and terminal are readable and inside the screen', async () => {
      const tour = await TourPage.open(browser, url, { colorScheme, width, height });
      await tour.openStep('nat.counter');
      await tour.awaitPrompt();
      const look = await tour.page.evaluate(() => {
        const luminance = (colour: string): number => {
          const parts = colour
            .match(/[\d.]+/g)!
            .slice(0, 3)
            .map((part) => Number(part) / 255);
          const [r, g, b] = parts.map((c) =>
            c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4,
          );
          return 0.2126 * r + 0.7152 * g + 0.0722 * b;
        };
        const opaque = (element: Element): string => {
          const { backgroundColor } = getComputedStyle(element);
          return /rgba\(.*, 0\)/.test(backgroundColor)
            ? opaque(element.parentElement!)
            : backgroundColor;
        };
        const texts = [
          ...document.querySelectorAll('p, h2, .title, .id, code, pre, button, label'),
        ];
        const faint = texts
          .filter((one) => one.getBoundingClientRect().width > 0 && one.textContent!.trim() !== '')
          .filter((one) => {
            const levels = [getComputedStyle(one).color, opaque(one)].map(luminance);
            return (Math.max(...levels) + 0.05) / (Math.min(...levels) + 0.05) < 4.5;
          })
          .map((one) => `${one.tagName} ${one.textContent!.slice(0, 40)}`);
        const outside = [...document.querySelectorAll('main *, #terminal')]
          .filter(
            (one) => !one.closest('pre') && one.getBoundingClientRect().right > innerWidth + 0.5,
          )
          .map((one) => `${one.tagName} ${one.textContent!.slice(0, 40)}`);
        const { scrollWidth, scrollHeight } = document.documentElement;
        return { faint, outside, wide: scrollWidth > innerWidth, tall: scrollHeight > innerHeight };
      });
      expect(look).toEqual({ faint: [], outside: [], wide: false, tall: false });
      expect(tour.complaints).toEqual([]);
      await tour.close();
    });
  });

  test('only the tour’s own page, at its own address, with its token, is answered', async () => {
    const { pathname, host, origin } = new URL(url);
    const socket = `${pathname}socket`;
    expect({
      page: (await ask(url)).statusCode,
      withoutToken: (await ask('/')).statusCode,
      otherToken: (await ask(`/${'x'.repeat(32)}/`)).statusCode,
      otherHost: (await ask(url, { host: 'tour.example' })).statusCode,
      socket: await socketStatus(socket, { origin }),
      socketOfOtherSite: await socketStatus(socket, { origin: 'http://tour.example' }),
      socketWithoutOrigin: await socketStatus(socket, {}),
      socketOfOtherHost: await socketStatus(socket, {
        origin: 'http://tour.example',
        host: 'tour.example',
      }),
      socketWithoutToken: await socketStatus('/socket', { origin }),
    }).toEqual({
      ...{ page: 200, withoutToken: 404, otherToken: 404, otherHost: 404 },
      ...{ socket: 101, socketOfOtherSite: 403, socketWithoutOrigin: 403 },
      ...{ socketOfOtherHost: 404, socketWithoutToken: 404 },
    });
    const policy = (await ask(url)).headers['content-security-policy'];
    expect(policy).toContain("default-src 'none'; script-src 'self';");
    expect(policy).not.toContain('unsafe');
    const listening = fs.readFileSync('/proc/net/tcp', 'utf8');
    const port = Number(host.split(':')[1]).toString(16).toUpperCase().padStart(4, '0');
    const addresses = [...listening.matchAll(/^ *\d+: (\w{8}):(\w{4}) 00000000:0000 0A/gm)];
    expect(addresses.filter((one) => one[2] === port).map((one) => one[1])).toEqual(['0100007F']);
  });

  test('a terminal is a login of ubuntu on a node, and never on the host', async () => {
    const tour = await TourPage.open(browser, url);
    const places = await tour.page.locator('#tabs button').allInnerTexts();
    expect(places).toEqual(['laptop', 'worker-0', 'worker-1']);
    const seen: string[] = [];
    for (const place of places) {
      await tour.type(place, 'echo "$(id -un) $(hostname)"');
      seen.push((await tour.screen()).split('\n')[1]);
    }
    expect(seen).toEqual(['ubuntu controller-0', 'ubuntu worker-0', 'ubuntu worker-1']);
    // A place that is no terminal of this lab gets no answer.
    await tour.send({ type: 'open', place: 'router', columns: 80, rows: 24 });
    const commands = fs
      .readdirSync('/proc')
      .filter((pid) => /^\d+$/.test(pid))
      .flatMap((pid) => {
        try {
          const [parent] = fs
            .readFileSync(`/proc/${pid}/stat`, 'utf8')
            .replace(/^.*\) . /, '')
            .split(' ');
          return parent === String(server.pid)
            ? [fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[0]]
            : [];
        } catch {
          return [];
        }
      });
    // A process that has just ended has no command line.
    const programs = commands.filter(Boolean).map((one) => one.split('/').at(-1));
    expect([...new Set(programs)].sort()).toEqual(['kubectl', 'ssh']);
    await tour.close();
  });

  test('an open page costs at most 2 percent of a core while its student reads', async () => {
    const tour = await TourPage.open(browser, url);
    await tour.openStep('nat.ping');
    await tour.awaitPrompt();
    /** Seconds of processor time of the tour, and of the programs that it runs. */
    const used = (): number => {
      const processes = new Map<string, { parent: string; ticks: number }>();
      for (const pid of fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
        try {
          const fields = fs
            .readFileSync(`/proc/${pid}/stat`, 'utf8')
            .replace(/^.*\) /, '')
            .split(' ');
          processes.set(pid, { parent: fields[1], ticks: Number(fields[11]) + Number(fields[12]) });
        } catch {
          // The process has ended.
        }
      }
      const isOwn = (pid: string): boolean =>
        pid === String(server.pid) || (processes.has(pid) && isOwn(processes.get(pid)!.parent));
      return (
        [...processes]
          .filter(([pid]) => isOwn(pid))
          .reduce((sum, [, { ticks }]) => sum + ticks, 0) / 100
      );
    };
    await new Promise((resolve) => setTimeout(resolve, 3000));
    const before = used();
    await new Promise((resolve) => setTimeout(resolve, 20_000));
    expect((used() - before) / 20).toBeLessThanOrEqual(0.02);
    await tour.close();
  });

  test('nothing of the tour runs on the nodes after it has ended', async () => {
    await stopTour();
    const left = await until('no watcher is left', async () => {
      const found = await asRoot(LAB, 'worker-0', "pgrep -af '^conntrack -E' || echo none");
      return found.trim() === 'none' && found.trim();
    });
    expect(left).toBe('none');
  });
});
