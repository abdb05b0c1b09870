import { setImmediate as turn } from 'node:timers/promises';
import { type Served, servePage } from '../../../../cli/ui/serve-page';
import { until } from '../../../support/until';

/** Page of a tour, with other fields as given. */
const served = (fields: Partial<Served>): Served => ({
  page: { sources: 'tour/page', values: { lab: 'local' } },
  title: 'The tour of lab local',
  about: () => ['Open it in a browser.'],
  onBrowser: () => undefined,
  ...fields,
});

const timers = (): number =>
  process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;

let printed: string[];

beforeEach(() => {
  printed = [];
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed.push(String(text));
    return true;
  });
});

afterEach(() => jest.restoreAllMocks());

/** Serves a page, and ends it by SIGINT. Returns the number of timers that it waited with. */
async function timersWhileServing(fields: Partial<Served>): Promise<number> {
  const before = timers();
  let isReachable = false;
  const about = (): string[] => {
    isReachable = true;
    return [];
  };
  const ended = servePage(served({ ...fields, about }));
  await until('the page can be reached', () => isReachable);
  await turn();
  const during = timers() - before;
  process.emit('SIGINT');
  await ended;
  return during;
}

test('a page ends when there is a reason, and prints the reason', async () => {
  let isGone = false;
  await servePage(
    served({
      about: () => {
        setTimeout(() => (isGone = true), 100);
        return ['Open it in a browser.'];
      },
      endReason: () => (isGone ? 'the lab was removed' : undefined),
    }),
  );
  expect(printed.join('')).toMatch(
    /^The tour of lab local is at http:\/\/127\.0\.0\.1:\d+\/\S+\/\nOpen it in a browser\.\nThe tour of lab local ends: the lab was removed\.\n$/,
  );
});

test('a page that only Ctrl-C ends waits without a timer, a page with a reason with one', async () => {
  expect(await timersWhileServing({})).toBe(0);
  expect(await timersWhileServing({ endReason: () => undefined })).toBe(1);
  expect(printed.at(-1)).toBe('The tour of lab local ends.\n');
});
