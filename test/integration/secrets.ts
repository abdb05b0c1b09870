import * as fs from 'node:fs';
import { asRoot, labPrints, run, state } from './command';

/** What must hold of the keys of a lab that is up, and of the machine that it is on. */
export function secretsAreKept(lab: string): void {
  describe('a lab keeps its secrets', () => {
    it('shows no private key in what commands print, in process lists, nor in state', async () => {
      const files = (await run('find', [`${state}/labs/${lab}`, '-type', 'f'])).stdout.trim().split('\n');
      const kubeconfig = fs.readFileSync(files.find((file) => file.endsWith('/kubeconfig'))!, 'utf8');
      const sshKey = fs.readFileSync(files.find((file) => file.endsWith('/ssh_key'))!, 'utf8');
      // Each in the forms in which it could leak: as it is, and base64 at each of the three places in a group.
      const secrets = [/client-key-data: (\S{80})/.exec(kubeconfig)![1], sshKey.split('\n')[2].slice(0, 40)];
      const forms = secrets.flatMap((secret) => [secret, ...[0, 1, 2].map((skip) => Buffer.from(secret.slice(skip)).toString('base64').slice(0, 40))]);
      const shown = [await labPrints('up', lab, '--yes'), await labPrints('status', lab), await labPrints('list', '--json'), await labPrints('env'), (await run('ps', ['-eo', 'args', '-ww'])).stdout];
      for (const form of forms) {
        expect(shown.join('\n').includes(form)).toBe(false);
        expect((await run('grep', ['-rlF', '--', form, `${state}/backend`, `${state}/stacks`])).stdout).toBe('');
      }
    });

    it('has keys, kubeconfig and state readable by their owner only', async () => {
      const open = await run('find', [state, '-type', 'f', '-perm', '/077', '(', '-name', '*key*', '-o', '-name', 'kubeconfig', '-o', '-name', '*passphrase*', '-o', '-path', '*backend*stacks*.json', ')']);
      expect(open.stdout).toBe('');
    });

    it('lets no node change the machine\'s kernel settings or load modules', async () => {
      const settings = ['kernel/panic', 'vm/overcommit_memory', 'vm/swappiness', 'kernel/core_pattern'];
      const read = (): string[] => settings.map((setting) => fs.readFileSync(`/proc/sys/${setting}`, 'utf8'));
      const before = read();
      await asRoot(lab, 'worker-0', settings.map((setting) => `echo 7 > /proc/sys/${setting} || true`).join('; ') + '; modprobe dummy || true; insmod /dev/null || true');
      expect(read()).toEqual(before);
      const mask = BigInt(`0x${/CapBnd:\s*([0-9a-f]+)/.exec(await asRoot(lab, 'worker-0', 'cat /proc/1/status'))![1]}`);
      const held = (capability: number): boolean => (mask >> BigInt(capability)) % 2n === 1n;
      const dropped = { CAP_SYS_MODULE: 16, CAP_SYS_RAWIO: 17, CAP_SYS_BOOT: 22, CAP_SYS_TIME: 25 };
      expect(Object.entries(dropped).filter(([, number]) => held(number))).toEqual([]);
      // So that the mask was read right: CAP_NET_ADMIN, which nodes need.
      expect(held(12)).toBe(true);
    });
  });
}
