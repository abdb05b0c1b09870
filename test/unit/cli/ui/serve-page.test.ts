import type * as Timers from 'node:timers/promises';
import { setTimeout as rest } from 'node:timers/promises';
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

jest.mock('node:timers/promises', () => {
  const actual = jest.requireActual<typeof Timers>('node:timers/promises');
  return { ...actual, setTimeout: jest.fn(actual.setTimeout) };
});

let printed: string[];

beforeEach(() => {
  printed = [];
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed.push(String(text));
    return true;
  });
});

afterEach(() => jest.mocked(process.stdout.write).mockRestore());

/** Serves a page, and ends it by SIGINT. Returns how often it was going to wake after a second. */
async function pausesOf(fields: Partial<Served>): Promise<number> {
  jest.mocked(rest).mockClear();
  let isReachable = false;
  const about = (): string[] => {
    isReachable = true;
    return [];
  };
  const ended = servePage(served({ ...fields, about }));
  await until('the page can be reached', () => isReachable);
  process.emit('SIGINT');
  await ended;
  return jest.mocked(rest).mock.calls.filter(([milliseconds]) => milliseconds === 1000).length;
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

test('a page that only Ctrl-C ends does not wake each second, a page with a reason does', async () => {
  expect(await pausesOf({})).toBe(0);
  expect(await pausesOf({ endReason: () => undefined })).toBe(1);
  expect(printed.at(-1)).toBe('The tour of lab local ends.\n');
});
