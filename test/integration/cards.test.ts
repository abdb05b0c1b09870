import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { card, type CardArgs } from '../../cli/classroom/cards/card';
import { keyFiles } from '../../cli/classroom/cards/keys';
import { labOutputs } from '../support/outputs';

// Opens cards as files in a browser, on a wide and a narrow screen, and prints them.

const JUMP = {
  host: 'shared-machine-17.networking-lab.department.university.example.org',
  port: 22001,
  user: 'student',
  hostKey: 'ssh-ed25519 AAAAjump',
};
const LONG =
  'Wolfeschlegelsteinhausenbergerdorff-Featherstonehaugh Adolph Blaine Charles David Earl Frederick the Younger, of the Evening Class';
const args = (
  name: string,
  lab: string,
  raw: Parameters<typeof labOutputs>[1],
  more: Partial<CardArgs> = {},
): CardArgs => ({ student: { id: 's01', name }, outputs: labOutputs(lab, raw), ...more });

const CARDS: Record<string, CardArgs> = {
  'three and three': args(
    'Ada Lovelace',
    'local-s01',
    {},
    { expires: '2026-12-01T18:00Z', jump: JUMP },
  ),
  'one and one': args('Grace Hopper', 'local-s02', {
    controllers: '1',
    workers: '1',
    stage: 'none',
  }),
  'three and nine, all names long': args(
    LONG,
    `local-${'long-'.repeat(6)}s1`,
    { workers: '9' },
    { expires: '2026-12-01T18:00Z', jump: JUMP },
  ),
  'three and nine, addresses long': args('X'.repeat(300), 'local-s03', {
    workers: '9',
    nodeCidr: '192.168.100.0/24',
    podCidr: '172.16.128.0/17',
    serviceCidr: '192.168.200.0/24',
  }),
  'small on a cloud, a hostile name': args(
    '</title><script>document.title = "taken over"</script><img src="x" onerror="console.error(1)">',
    'aws-s04',
    { cloud: 'aws', profile: 'small' },
  ),
};

let directory: string;
let browser: Browser;
beforeAll(async () => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'cards-'));
  // Chromium has no sandbox for root.
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
}, 60_000);
afterAll(async () => {
  await browser?.close();
  fs.rmSync(directory, { recursive: true, force: true });
});

/** Opens a card. `complaints` collects the browser's errors, including refusals of the policy. */
async function opened(
  given: CardArgs,
  width = 1280,
  colorScheme: 'light' | 'dark' = 'light',
): Promise<{ page: Page; complaints: string[] }> {
  const file = path.join(directory, 'card.html');
  fs.writeFileSync(file, card(given));
  const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme });
  const complaints: string[] = [];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on(
    'request',
    (request) =>
      void (
        request.url() === pathToFileURL(file).href ||
        complaints.push(`loaded ${request.url().slice(0, 100)}`)
      ),
  );
  await page.goto(pathToFileURL(file).href);
  return { page, complaints };
}

/** Lists the elements beyond the screen's edge and the texts beyond the picture's edge. */
const sticksOut = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const out = [...document.querySelectorAll('body *')].filter(
      (one) =>
        one.getBoundingClientRect().right > innerWidth + 0.5 ||
        one.getBoundingClientRect().left < -0.5,
    );
    const frame = document.querySelector('.picture')!.getBoundingClientRect();
    const texts = [...document.querySelectorAll('.picture text')].filter(
      (one) =>
        one.getBoundingClientRect().right > frame.right ||
        one.getBoundingClientRect().left < frame.left,
    );
    return [...out, ...texts]
      .map((one) => `${one.tagName} ${one.textContent!.slice(0, 60)}`)
      .concat(document.documentElement.scrollWidth > innerWidth ? ['the page'] : []);
  });

describe.each(Object.entries(CARDS))('the card of a lab of %s', (_, given) => {
  test.each([360, 1280])(
    'fits a screen of %d pixels, loads no resource and causes no complaint of the browser',
    async (width) => {
      const { page, complaints } = await opened(given, width);
      expect(await sticksOut(page)).toEqual([]);
      expect(complaints).toEqual([]);
      expect(await page.title()).toBe(`${given.student.name}: lab ${given.outputs.lab}`);
      expect(await page.locator('h1').innerText()).toBe(given.student.name);
      await page.close();
    },
  );

  test.each(['A4', 'Letter'])('prints on one sheet of %s', async (format) => {
    const { page } = await opened(given);
    const pdf = (await page.pdf({ format })).toString('latin1');
    expect(pdf.match(/\/Type\s*\/Page\b/g)).toHaveLength(1);
    await page.close();
  });

  test('offers its files for download, byte by byte', async () => {
    const { page } = await opened(given);
    const files = keyFiles(given.outputs, given.jump);
    expect(files.length).toBeGreaterThan(0);
    for (const { name, content } of files) {
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.locator(`a[download="${name}"]`).click(),
      ]);
      expect(download.suggestedFilename()).toBe(name);
      expect(fs.readFileSync(await download.path(), 'utf8')).toBe(content);
    }
    await page.close();
  });
});

test('a click on a command selects its exact text', async () => {
  const { page } = await opened(CARDS['three and three']);
  await page.locator('.command', { hasText: '-N -L' }).click();
  expect(await page.evaluate(() => getSelection()!.toString())).toBe(
    'ssh -F ssh_config -N -L 16443:198.18.0.100:6443 -L 31088:worker-0:31088 jump',
  );
  await page.close();
});

test('in dark mode the page is dark, and the QR code stays black on white', async () => {
  const { page } = await opened(CARDS['three and three'], 1280, 'dark');
  const colours = await page.evaluate(() =>
    ['body', '.code rect', '.code path'].map((one) => {
      const style = getComputedStyle(document.querySelector(one)!);
      return one === 'body' ? style.backgroundColor : style.fill;
    }),
  );
  expect(colours).toEqual(['rgb(20, 25, 31)', 'rgb(255, 255, 255)', 'rgb(0, 0, 0)']);
  await page.close();
});
