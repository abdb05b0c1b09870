import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { officialPlugin, PLUGIN_VERSION } from '../../../rehearsal/aws/official-plugin';

let directory: string;
const printed: string[] = [];
const print = (line: string): void => void printed.push(line);
const inHome = (home: string): string =>
  path.join(directory, home, `plugins/resource-aws-v${PLUGIN_VERSION}/pulumi-resource-aws`);

/** Writes a program that takes the place of pulumi. */
function pulumiThat(does: string): string {
  const file = path.join(directory, 'pulumi');
  fs.writeFileSync(file, `#!/bin/sh\n${does}\n`, { mode: 0o755 });
  return file;
}

beforeEach(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'official-plugin-'));
  process.env.HARDWAY_STATE = path.join(directory, 'state');
  process.env.PULUMI_HOME = path.join(directory, 'own');
  printed.length = 0;
});
afterEach(() => {
  delete process.env.HARDWAY_STATE;
  delete process.env.PULUMI_HOME;
  fs.rmSync(directory, { recursive: true });
});

describe('the official plugin for AWS', () => {
  const reached = { reachable: async () => true };

  test('is the one that an engine on this host has downloaded', async () => {
    fs.mkdirSync(path.dirname(inHome('own')), { recursive: true });
    fs.writeFileSync(inHome('own'), '');
    const pulumi = pulumiThat('exit 1');
    expect(await officialPlugin({ pulumi, sites: reached, tell: print })).toBe(inHome('own'));
    expect(printed).toEqual([]);
  });

  test('is downloaded by the engine if its site answers', async () => {
    const plugin = '$PULUMI_HOME/plugins/resource-$4-v$5/pulumi-resource-aws';
    const pulumi = pulumiThat(
      `[ "$1 $2 $3" = 'plugin install resource' ] && mkdir -p "$(dirname "${plugin}")" && : > "${plugin}"`,
    );
    expect(await officialPlugin({ pulumi, sites: reached, tell: print })).toBe(
      inHome('state/pulumi-home'),
    );
  });

  test('does not exist on a network without its site, and nothing is started', async () => {
    const pulumi = pulumiThat('exit 1');
    const sites = { reachable: async () => false };
    expect(await officialPlugin({ pulumi, sites, tell: print })).toBeUndefined();
    expect(printed).toEqual([]);
  });

  test('does not exist if its download fails, which is printed', async () => {
    const pulumi = pulumiThat('echo "error: 403 HTTP error" >&2; exit 255');
    expect(await officialPlugin({ pulumi, sites: reached, tell: print })).toBeUndefined();
    expect(printed.at(-1)).toBe("The AWS plugin can't be downloaded: error: 403 HTTP error");
  });
});
