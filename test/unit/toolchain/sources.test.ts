import { UnreachableError } from '../../../toolchain/errors';
import { upstreamProject } from '../../../toolchain/manifest';
import { goProxies, type SourceTests, unreachableSources } from '../../../toolchain/sources';
import type { State } from '../../../toolchain/state';

const complete = {
  scope: 'local',
  architecture: 'amd64',
  mode: 'auto',
  missing: [],
  treeMissing: false,
  images: '/images',
} as unknown as State;
const lacking: State = { ...complete, missing: [upstreamProject('etcd')], treeMissing: true };

/** Sources of which none answers, except for these. */
function sources(answering: ('official' | 'archive' | 'go')[], asked: string[] = []): SourceTests {
  const answer = (kind: 'archive' | 'go'): string | undefined =>
    answering.includes(kind) ? undefined : `${kind} can't be reached`;
  return {
    sites: {
      reach: async (url) => {
        if (!answering.includes('official'))
          throw new UnreachableError(new URL(url).host, 'no route');
      },
    },
    archive: async (uri) => {
      asked.push(uri);
      return answer('archive');
    },
    goProxy: async () => answer('go'),
  };
}

describe('the sources of missing programs', () => {
  test('are not needed if nothing is missing', async () => {
    expect(await unreachableSources(complete, sources([]))).toEqual([]);
  });

  test('include the Debian archive for the tree of the nodes', async () => {
    const asked: string[] = [];
    expect(await unreachableSources(lacking, sources(['official', 'go'], asked))).toEqual([
      "archive can't be reached",
    ]);
    expect(asked).toEqual([expect.stringMatching(/^https?:\/\/[^ ]+$/)]);
  });

  test('include the proxy of Go modules only where a program is built', async () => {
    expect(await unreachableSources(lacking, sources(['archive']))).toEqual([
      "go can't be reached",
    ]);
    expect(await unreachableSources(lacking, sources(['official', 'archive']))).toEqual([]);
  });

  test('include the official site where HARDWAY_TOOLCHAIN=download forbids builds', async () => {
    const state: State = { ...lacking, mode: 'download' };
    expect(await unreachableSources(state, sources(['archive', 'go']))).toEqual([
      "github.com can't be reached: no route",
    ]);
  });
});

test.each([
  ['https://proxy.golang.org,direct', ['https://proxy.golang.org']],
  ['https://a.example|https://b.example,direct', ['https://a.example', 'https://b.example']],
  ['direct', []],
  ['off', []],
])('the proxies that GOPROXY=%s asks first are %j', (setting, expected) => {
  expect(goProxies(setting)).toEqual(expected);
});
