import { run } from '../support/command';
import { root } from '../../util/repo-root';

jest.setTimeout(60_000);

/** Prepares the namespaces of a host, in which the script's labs are its only ones. */
const HOST =
  'mount -t tmpfs host /run && mkdir /run/netns && ip link set lo up && exec node bin/run.cjs test/support/disabled-ipv6.ts';

/** Neighbours of a node on a host with `disable_ipv6=1`. */
async function neighbours(...words: string[]): Promise<string> {
  const unshare = ['--net', '--mount', '--pid', '--fork', '--mount-proc'];
  const script = `cd ${root} && ${HOST} ${words.join(' ')}`;
  const { code, stdout, stderr } = await run('unshare', [...unshare, 'bash', '-c', script]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}

describe('nodes of a dual-stack lab reach each other over IPv6 on a host with disable_ipv6=1', () => {
  test.each([
    ['and namespaces that do not inherit it', []],
    ['and namespaces that begin with it', ['inherited']],
  ])('%s', async (_, words) => {
    const found = await neighbours(...words);
    expect(found).toMatch(/^fd00:10:240::1 .*lladdr 02:00:0a:f0:00:01 /m);
    expect(found).toMatch(/^fd00:10:240::21 .*lladdr 02:00:0a:f0:00:15 /m);
  });
});
