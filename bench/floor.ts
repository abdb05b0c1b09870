import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { boundedRun } from '../util/bounded-run';
import { toolchainPaths } from '../toolchain/paths';
import { root } from '../util/repo-root';
import { groupOf, processesOf, removeGroups } from '../provider/local/shared/cgroups';
import { findBlob, readLayout } from '../toolchain/images/layout';
import { succeed } from './succeed';
import { type End, tcpCommand, tcpSource, type Throughput, throughputOf } from './throughput';

/** Name of the floor's cgroup. No lab has this name, because a lab's name starts with its cloud. */
const NAME = 'floor';

/** Kernel settings of the host that the floor's kubelets write. */
const SETTINGS = [
  'vm/overcommit_memory',
  'vm/panic_on_oom',
  'kernel/panic',
  'kernel/panic_on_oops',
].map((name) => `/proc/sys/${name}`);

/** Lists the network namespaces of the floor's nodes and pods, with the address of their eth0. */
function networkNamespaces(): End[] {
  const byNamespace = new Map<string, number>();
  for (const pid of processesOf(NAME)) {
    const link = fs.readlinkSync(`/proc/${pid}/ns/net`);
    if (!byNamespace.has(link)) byNamespace.set(link, pid);
  }
  return [...byNamespace.values()].flatMap((pid) => {
    const enter = ['--target', String(pid), '--net'];
    const show = ['ip', '-4', '-oneline', 'address', 'show', 'dev', 'eth0'];
    const { stdout } = spawnSync('nsenter', [...enter, ...show], { encoding: 'utf8' });
    const address = / inet ([\d.]+)\//.exec(stdout)?.[1];
    if (!address) return [];
    return {
      address,
      tcp: (...args) =>
        succeed('nsenter', [...enter, ...tcpCommand(args)], { seconds: 60, stdin: tcpSource() }),
    };
  });
}

/** Returns the path of the only layer of a toolchain image. */
function layerOf(images: string, name: string): string {
  const manifest = findBlob(images, readLayout(images).get(name)!.digest)!;
  const { layers } = JSON.parse(fs.readFileSync(manifest, 'utf8')) as {
    layers: { digest: string }[];
  };
  return findBlob(images, layers[0].digest)!;
}

/**
 * Floor of the time for a lab: shell scripts outside this repository that do only the necessary
 * work. The scripts use the programs, the Debian tree and the busybox of this project's toolchain.
 */
export class Floor {
  private constructor(
    private readonly scripts: string,
    private readonly directory: string,
  ) {}

  /**
   * Prepares a run of the scripts in `scripts`; `undefined` if the scripts do not exist.
   * `directory` can't be on a tmpfs.
   */
  static async prepare(scripts: string, directory: string): Promise<Floor | undefined> {
    if (!fs.existsSync(path.join(scripts, 'up.sh'))) return undefined;
    const floor = new Floor(scripts, directory);
    for (const part of ['bin', 'work', 'tree/etc/ssh/sshd_config.d'])
      fs.mkdirSync(path.join(directory, part), { recursive: true });
    await floor.programs();
    await floor.tree();
    return floor;
  }

  /**
   * Creates hard links to the programs in the floor's directory. Nodes would not see the targets of
   * symbolic links.
   */
  private async programs(): Promise<void> {
    const { store, images } = toolchainPaths();
    const bin = path.join(this.directory, 'bin');
    for (const entry of fs.readdirSync(store, { withFileTypes: true })) {
      if (entry.isFile()) fs.linkSync(path.join(store, entry.name), path.join(bin, entry.name));
    }
    await succeed(
      'tar',
      ['-xf', layerOf(images, 'docker.io/library/busybox'), '-C', this.directory, 'bin/busybox'],
      { seconds: 10 },
    );
    // The script writes its images to the working directory.
    await succeed(
      'sh',
      [
        '-c',
        'cd "$1" && exec python3 "$2" "$1/busybox"',
        'sh',
        bin,
        path.join(this.scripts, 'images.py'),
      ],
      { seconds: 60 },
    );
  }

  /** Adds a layer above the toolchain's Debian tree with a host key and root's login over SSH. */
  private async tree(): Promise<void> {
    const ssh = path.join(this.directory, 'tree/etc/ssh');
    fs.writeFileSync(
      path.join(ssh, 'sshd_config.d/00-floor.conf'),
      'PermitRootLogin prohibit-password\n',
    );
    await succeed(
      'ssh-keygen',
      ['-q', '-t', 'ed25519', '-N', '', '-f', path.join(ssh, 'ssh_host_ed25519_key')],
      { seconds: 10 },
    );
  }

  /**
   * Runs the scripts until the pods are Ready, then `whileUp`, and removes everything. Returns the
   * seconds of the `pods` line.
   */
  async run(whileUp: () => Promise<void> = async () => undefined): Promise<number> {
    const settings = SETTINGS.map((file) => fs.readFileSync(file, 'utf8'));
    try {
      const { tree } = toolchainPaths();
      const output = await succeed(
        path.join(root, 'bench/in-group.sh'),
        [groupOf(NAME), path.join(this.scripts, 'up.sh')],
        {
          seconds: 300,
          environment: {
            ...process.env,
            ROOTFS: `${path.join(this.directory, 'tree')}:${tree}`,
            BIN: path.join(this.directory, 'bin'),
            WORK: this.work(),
          },
        },
      );
      const pods = /^pods ([\d.]+)$/m.exec(output);
      if (!pods) throw new Error(`the floor printed no \`pods\` line, but: ${output.trim()}`);
      await whileUp();
      return Number(pods[1]);
    } finally {
      await this.remove();
      SETTINGS.forEach((file, index) => fs.writeFileSync(file, settings[index]));
    }
  }

  /** Measures TCP from the first worker to the second. The floor must be up. */
  throughput(): Promise<Throughput> {
    const namespaces = networkNamespaces();
    const end = (pattern: RegExp): End => {
      const found = namespaces.find(({ address }) => pattern.test(address));
      if (!found) throw new Error(`the floor has no network namespace with ${pattern.source}`);
      return found;
    };
    return throughputOf({
      nodes: [end(/^10\.240\.0\.20$/), end(/^10\.240\.0\.21$/)],
      pods: [end(/^10\.200\.0\.\d+$/), end(/^10\.200\.1\.\d+$/)],
    });
  }

  private work(): string {
    return path.join(this.directory, 'work');
  }

  private async remove(): Promise<void> {
    await boundedRun(path.join(this.scripts, 'down.sh'), [], {
      seconds: 60,
      environment: { ...process.env, WORK: this.work() },
    });
    for (const pid of processesOf(NAME)) process.kill(pid, 'SIGKILL');
    await removeGroups(NAME);
  }
}
