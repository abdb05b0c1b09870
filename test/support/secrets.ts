import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { gzipSync } from 'node:zlib';
import { asRoot, labPrints, run, state } from './command';
import { inFiles, inText, onNodeReadable, processesDuring, type Secret, secretsIn } from './leaks';

/**
 * Defines tests that a lab that is up, and its host, keep the lab's secrets. `processes` returns
 * the command lines and environments of all processes during the first up.
 */
export function secretsAreKept(lab: string, processes: () => string): void {
  describe('a lab keeps its secrets', () => {
    let secrets: Secret[];
    let nodes: string[];

    /** Runs plain pulumi like a user. */
    const pulumi = async (line: string): Promise<string> => {
      const environment = (await labPrints('env')).trim();
      const ran = await run('bash', [
        '-c',
        `eval '${environment.replace(/'/g, `'\\''`)}'; ${line} --stack ${lab} --non-interactive`,
      ]);
      if (ran.code !== 0) throw new Error(`${line}: ${ran.stderr}${ran.stdout}`);
      return ran.stdout + ran.stderr;
    };

    beforeAll(async () => {
      const passphrase = fs.readFileSync(path.join(state, 'passphrase'), 'utf8').trim();
      const { deployment } = JSON.parse(await pulumi('pulumi stack export --show-secrets')) as {
        deployment: Parameters<typeof secretsIn>[0];
      };
      secrets = [{ what: 'passphrase', forms: [passphrase] }, ...secretsIn(deployment)];
      nodes = (
        JSON.parse(await labPrints('status', lab, '--json')) as { nodes: { name: string }[] }
      ).nodes.map((node) => node.name);
    });

    test('among them keys of SSH, of hosts, of the authority and of every identity', () => {
      const owners = [...new Set(secrets.map(({ what }) => what.split('.')[0]))];
      expect(owners).toEqual(
        expect.arrayContaining([
          'passphrase',
          'ssh-key',
          'worker-0-host-key',
          'pki-ca',
          'pki-service-accounts',
          'pki-admin',
          'pki-kube-apiserver',
          'pki-etcd',
          'pki-worker-0',
        ]),
      );
    });

    test('out of the output of commands', async () => {
      const shown = [
        await labPrints('up', lab, '--yes'),
        await labPrints('status', lab, '--json'),
        await labPrints('list', '--json'),
        await labPrints('env'),
        await pulumi('pulumi stack output'),
        await pulumi('pulumi stack output --json'),
        await pulumi('pulumi stack export'),
        await pulumi('pulumi stack history --json'),
        await pulumi("pulumi preview --diff --target-replace '**'"),
      ];
      // The preview shows every resource.
      expect(shown.at(-1)).toMatch(
        /worker-0-host-key[\s\S]*pki-admin|pki-admin[\s\S]*worker-0-host-key/,
      );
      expect(inText(shown.join('\n'), secrets)).toEqual([]);
    });

    test('out of every process of the host during up', () => {
      // The record has the programs that ran during up.
      for (const ran of ['systemd-nspawn', 'kube-apiserver', 'HARDWAY_OWNER=', 'pulumi'])
        expect(processes()).toContain(ran);
      expect(inText(processes(), secrets)).toEqual([]);
    });

    test('out of every file of the state except the key files, including logs and backups', async () => {
      const own = ['ssh_key', 'kubeconfig'].map((name) => path.join(state, 'labs', lab, name));
      const found = await inFiles(state, secrets);
      expect(found.sort()).toEqual([...own, path.join(state, 'passphrase')].sort());
    });

    test('in files that only their owner can read, like every other file of the state', async () => {
      // Plain pulumi follows the user's umask. The next ./lab closes files that are open to others.
      await labPrints('list');
      expect((await run('find', [state, '-perm', '/077', '!', '-type', 'l'])).stdout).toBe('');
    });

    test('out of files that others can read on the host and the nodes, and out of the journals', async () => {
      expect(await inFiles('/var/lib/hardway', secrets, '-perm', '/077')).toEqual([]);
      expect(nodes.length).toBeGreaterThan(0);
      for (const node of nodes)
        expect([node, ...(await onNodeReadable(lab, node, secrets))]).toEqual([node]);
    });

    test('and the search finds a planted secret in each of these places', async () => {
      const planted: Secret[] = [{ what: 'planted', forms: ['planted-5b0c6b39-by-this-test'] }];
      const [word] = planted[0].forms;
      const file = path.join(state, 'labs', lab, 'planted');
      fs.writeFileSync(file, `before ${word} after`);
      fs.chmodSync(file, 0o644);
      fs.writeFileSync(`${file}.log`, gzipSync(`before ${word} after`), { mode: 0o600 });
      expect(await inFiles(state, planted)).toEqual([file, `${file}.log`]);
      expect(await inFiles(state, planted, '-perm', '/077')).toEqual([file]);
      for (const made of [file, `${file}.log`]) fs.rmSync(made);
      await asRoot(
        lab,
        'worker-0',
        `echo ${word} > /etc/planted; chmod 644 /etc/planted; echo ${word} | systemd-cat; journalctl --sync`,
      );
      expect((await onNodeReadable(lab, 'worker-0', planted)).sort()).toEqual([
        '/etc/planted',
        'journal',
      ]);
      await asRoot(lab, 'worker-0', 'rm /etc/planted');
      const seen = await processesDuring(async () => {
        const sleeper = spawn('sleep', ['60'], { env: { ...process.env, PLANTED: word } });
        await run('sh', ['-c', 'sleep 0.5']);
        sleeper.kill();
      });
      expect(inText(seen, planted)).toEqual(['planted']);
    });

    test("and no node changes the host's kernel settings or loads modules", async () => {
      const settings = [
        'kernel/panic',
        'vm/overcommit_memory',
        'vm/swappiness',
        'kernel/core_pattern',
      ];
      const read = (): string[] =>
        settings.map((setting) => fs.readFileSync(`/proc/sys/${setting}`, 'utf8'));
      const before = read();
      await asRoot(
        lab,
        'worker-0',
        settings.map((setting) => `echo 7 > /proc/sys/${setting} || true`).join('; ') +
          '; modprobe dummy || true; insmod /dev/null || true',
      );
      expect(read()).toEqual(before);
      const mask = BigInt(
        `0x${/CapBnd:\s*([0-9a-f]+)/.exec(await asRoot(lab, 'worker-0', 'cat /proc/1/status'))![1]}`,
      );
      const held = (capability: number): boolean => (mask >> BigInt(capability)) % 2n === 1n;
      const dropped = { CAP_SYS_MODULE: 16, CAP_SYS_RAWIO: 17, CAP_SYS_BOOT: 22, CAP_SYS_TIME: 25 };
      expect(Object.entries(dropped).filter(([, number]) => held(number))).toEqual([]);
      // Nodes need CAP_NET_ADMIN: a mask without it was read wrongly.
      expect(held(12)).toBe(true);
    });
  });
}
