import { spawnSync } from 'node:child_process';
import type { Access, Report } from '../../../../checks';
import type { Drill } from '../../../../cli/drills/drill';
import { breakLab } from '../../../../cli/drills/places';
import { compareStates, SYSCTLS } from '../../../../cli/drills/state';
import { type Trial, type TrialLab, tryDrill } from '../../../../cli/drills/trial';
import { drill, FakeLab } from '../../../support/fake-drill-lab';

const SYSCTL = 'worker-0: net.ipv4.ip_default_ttl = ';

/** Lab in memory where the drill also changes a sysctl. */
class FakeTrialLab extends FakeLab {
  ttl = 64;
  /** Whether the typed solution resets the sysctl. */
  isUndone = true;
  /** Whether a restore resets the sysctl. */
  isRestored = true;

  verify = (): Promise<Report> => this.checks();
  state = async (): Promise<string[]> => [`${SYSCTL}${this.ttl}`];
  tryRepair = async ({ text }: { text: string }): Promise<void> => void this.log.push(text);

  override async run(one: Drill): Promise<void> {
    await super.run(one);
    this.ttl = 77;
  }
  override async restore(): Promise<void> {
    if (!this.saved) throw new Error('the checkpoint does not exist');
    await super.restore();
    if (this.isRestored) this.ttl = 64;
  }
  /** Types the solution. */
  solution = async ({ text }: { text: string }): Promise<void> => {
    this.log.push(`type ${text}`);
    this.fault = false;
    if (this.isUndone) this.ttl = 64;
  };

  /** Returns the lab as a plain object, which a trial can spread. */
  open(): TrialLab {
    const { name, argument, outputs, recovery, hasSave } = this;
    const { verify, state, tryRepair, solution } = this;
    return {
      ...{ name, argument, outputs, recovery, hasSave, verify, state, tryRepair, type: solution },
      read: () => this.read(),
      write: (record) => this.write(record),
      locked: (work) => this.locked(work),
      checks: () => this.checks(),
      save: () => this.save(),
      restore: () => this.restore(),
      forget: () => this.forget(),
      repair: () => this.repair(),
      run: (one) => this.run(one),
      undo: (script) => this.undo(script),
      createObjects: () => this.createObjects(),
      deleteObjects: () => this.deleteObjects(),
    };
  }
}

const NOTHING = { fault: false, dirt: false, objects: false, saved: false, running: undefined };

const trial = (lab: FakeTrialLab, one = drill): Promise<Trial> => tryDrill(lab.open(), one);

describe('a trial', () => {
  test('has no problem with a good drill, and restores nothing', async () => {
    const lab = new FakeTrialLab();
    expect((await trial(lab)).problems).toEqual([]);
    expect(lab.log).not.toContain('restore');
    expect(lab.leftovers).toEqual(NOTHING);
  });

  test('is not among the results of drills on the lab', async () => {
    const lab = new FakeTrialLab();
    await trial(lab);
    expect(lab.record.history).toEqual([]);
  });

  test('returns the lab to the checkpoint after a difference, and names it', async () => {
    const lab = new FakeTrialLab();
    lab.isUndone = false;
    expect((await trial(lab)).problems).toEqual([`left: ${SYSCTL}77`, `lost: ${SYSCTL}64`]);
    expect(lab.ttl).toBe(64);
    expect(lab.leftovers).toEqual(NOTHING);
    expect((await trial(Object.assign(lab, { isUndone: true }))).problems).toEqual([]);
  });

  test('returns the lab to the checkpoint after a solution that does not pass, and ends', async () => {
    const lab = new FakeTrialLab();
    lab.solution = async () => undefined;
    expect((await trial(lab)).problems).toEqual(['fails after solve.sh: route.vpc']);
    expect(lab.log).toContain('restore');
    expect(lab.log).not.toContain('solve');
    expect(lab.leftovers).toEqual(NOTHING);
  });

  test('names the way out if the checkpoint does not restore the lab', async () => {
    const lab = new FakeTrialLab();
    [lab.isUndone, lab.isRestored] = [false, false];
    await expect(trial(lab)).rejects.toMatchObject({
      message: `Lab local still differs after its checkpoint was restored:\n  left: ${SYSCTL}77\n  lost: ${SYSCTL}64`,
      cure: './lab recreate',
    });
    expect(lab.leftovers).toEqual(NOTHING);
  });

  test('reports a wrong repair that passes', async () => {
    const lab = new FakeTrialLab();
    const wrong = { places: ['worker-0'], text: 'wrong' };
    lab.tryRepair = async () => void (lab.fault = false);
    expect((await trial(lab, { ...drill, wrong })).problems).toEqual(['passes after wrong.sh']);
  });
});

test('two states are compared in both directions', () => {
  expect(compareStates(['a', 'b'], ['b', 'c'])).toEqual(['left: c', 'lost: a']);
});

test('sysctls are compared without pods and without the size of the tracking table', () => {
  const lines = [
    'net.ipv4.ip_default_ttl = 77',
    'net.ipv4.conf.cnio0.rp_filter = 1',
    'net.ipv4.conf.veth1a2b3c4d.rp_filter = 1',
    'net.netfilter.nf_conntrack_count = 7',
    'net.netfilter.nf_conntrack_icmp_timeout = 30',
  ];
  const fake = `sysctl() { printf '%s\\n' ${lines.map((line) => `'${line}'`).join(' ')}; }`;
  const { stdout } = spawnSync('bash', ['-c', `${fake}\n${SYSCTLS}`], { encoding: 'utf8' });
  expect(stdout.trim().split('\n')).toEqual([lines[0], lines[1], lines[4]]);
});

test('a break.sh that fails names its file, the place and the message', async () => {
  const ran = { code: 2, stdout: '', stderr: 'RTNETLINK answers: File exists\n' };
  const access = { onNode: async () => ran } as unknown as Access;
  const broken = { ...drill, break: { places: ['worker-0'], text: 'ip route add' } };
  const file = 'drills/wrong-turn/break.sh';
  await expect(breakLab(access, broken)).rejects.toMatchObject({
    message: `${file} failed on worker-0 with exit code 2: RTNETLINK answers: File exists`,
    cure: `correct ${file}; ./lab verify shows whether the lab was repaired`,
  });
});
