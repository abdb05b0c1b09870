import type { Drill } from '../../../../cli/drills/drill';
import { check, ensureStarted, hint, solve, start, stop } from '../../../../cli/drills/session';
import { Failure } from '../../../../cli/errors';
import { drill, FakeLab, Killed } from '../../../support/fake-drill-lab';

const NOTHING = { fault: false, dirt: false, objects: false, saved: false, running: undefined };

const failureOf = async (work: Promise<unknown>): Promise<Failure> => {
  const error = await work.then(
    () => undefined,
    (one: unknown) => one,
  );
  if (!(error instanceof Failure)) throw new Error(`expected a Failure, got ${String(error)}`);
  return error;
};

describe('a drill', () => {
  test('breaks the lab after it was saved', async () => {
    const lab = new FakeLab();
    await start(lab, drill);
    expect(lab.log).toEqual(['checks', 'write', 'save', 'createObjects', 'break', 'write']);
    expect(lab.record.running).toMatchObject({ drill: 'wrong-turn', phase: 'broken', hints: 0 });
  });

  test('is not solved while a check fails', async () => {
    const lab = new FakeLab();
    await start(lab, drill);
    expect((await check(lab, drill)).ended).toBeUndefined();
    expect(lab.record.running).toMatchObject({ phase: 'broken', checks: 1 });
  });

  test('is solved when the student has repaired the lab, and leaves nothing', async () => {
    const lab = new FakeLab();
    await start(lab, drill);
    await hint(lab, drill);
    await check(lab, drill);
    lab.fault = false;
    const { ended } = await check(lab, drill);
    expect(ended).toMatchObject({ drill: 'wrong-turn', result: 'solved', hints: 1, checks: 2 });
    expect(lab.record.history).toEqual([ended]);
    expect(lab.leftovers).toEqual(NOTHING);
  });

  test('counts as shown after the solution was typed', async () => {
    const lab = new FakeLab();
    await start(lab, drill);
    expect((await solve(lab, drill)).ended).toMatchObject({ result: 'shown' });
    expect(lab.log).toContain('type solve');
    expect(lab.leftovers).toEqual(NOTHING);
  });

  test('counts as shown, too, if the lab recovers some time after the solution', async () => {
    const lab = new FakeLab();
    lab.recovery = 60_000;
    await start(lab, drill);
    lab.type = async () => void setTimeout(() => (lab.fault = false), 100);
    expect((await solve(lab, drill)).ended).toMatchObject({ result: 'shown' });
  });

  test('goes on if the typed solution does not pass', async () => {
    const lab = new FakeLab();
    await start(lab, drill);
    lab.type = async () => undefined;
    expect((await solve(lab, drill)).ended).toBeUndefined();
    expect(lab.record.running).toMatchObject({ phase: 'broken', shown: true });
  });
});

describe('a drill that a class command starts again', () => {
  test('stays as it is on a lab that it has broken', async () => {
    const lab = new FakeLab();
    await ensureStarted(lab, drill);
    await hint(lab, drill);
    const before = lab.operations;
    await ensureStarted(lab, drill);
    expect(lab.operations).toBe(before);
    expect(lab.record.running).toMatchObject({ phase: 'broken', hints: 1 });
  });

  test('is refused while another drill runs, or after its start was interrupted', async () => {
    const lab = new FakeLab();
    await start(lab, { ...drill, name: 'another' });
    const { message } = await failureOf(ensureStarted(lab, drill));
    expect(message).toMatch(/^Drill another runs on lab local/);
    lab.record.running = { ...lab.record.running!, drill: drill.name, phase: 'breaking' };
    await expect(failureOf(ensureStarted(lab, drill))).resolves.toBeInstanceOf(Failure);
  });
});

describe('hints', () => {
  test('come in order, and are counted', async () => {
    const lab = new FakeLab();
    await start(lab, drill);
    expect(await hint(lab, drill)).toEqual({ number: 1, of: 2, text: 'first' });
    expect(await hint(lab, drill)).toEqual({ number: 2, of: 2, text: 'second' });
    expect(lab.record.running).toMatchObject({ hints: 2 });
  });

  test('end with the offer to type the solution', async () => {
    const lab = new FakeLab();
    await start(lab, drill);
    await hint(lab, drill);
    await hint(lab, drill);
    const { message, cure } = await failureOf(hint(lab, drill));
    expect(message).toBe('All 2 hints of drill wrong-turn were given.');
    expect(cure).toContain('./lab drill solve');
    expect(lab.record.running).toMatchObject({ hints: 2 });
  });
});

describe('start refuses, before any change,', () => {
  const refused = async (lab: FakeLab, other: Partial<Drill> = {}): Promise<string> => {
    const { message } = await failureOf(start(lab, { ...drill, ...other }));
    expect(lab.log.filter((operation) => operation !== 'checks')).toEqual([]);
    return message;
  };

  test('a second drill', async () => {
    const lab = new FakeLab();
    await start(lab, drill);
    lab.log = [];
    expect(await refused(lab)).toMatch(/^Drill wrong-turn runs on lab local, since 0 min\./);
  });

  test('a lab with a checkpoint of the label that drills use', async () => {
    const lab = new FakeLab();
    lab.saved = true;
    expect(await refused(lab)).toBe(
      'Lab local has a checkpoint before-drill, which a drill would replace.',
    );
    expect(lab.saved).toBe(true);
  });

  test('a lab that is not healthy', async () => {
    const lab = new FakeLab();
    lab.fault = true;
    expect(await refused(lab)).toBe(
      'Lab local is not healthy, so no drill begins. Failed: route.vpc.',
    );
  });

  test('a lab of a lower stage', async () => {
    const lab = new FakeLab();
    lab.outputs.stage = 'none';
    expect(await refused(lab)).toBe(
      "Drill wrong-turn does not fit lab local: it needs the stage network, and the lab's stage is none.",
    );
  });

  test('a lab with too few workers, and names the option that adds one', async () => {
    const failure = await failureOf(start(new FakeLab(), { ...drill, workers: 3 }));
    expect(failure).toMatchObject({
      message: 'Drill wrong-turn does not fit lab local: it needs 3 workers, and the lab has 2.',
      cure: './lab up --set workers=3; ./lab drill list shows others',
    });
  });

  test('a lab without a node of a script', async () => {
    const script = { places: ['controller-1'], text: 'solve' };
    expect(await refused(new FakeLab(), { solve: script })).toMatch(
      /the lab has no controller-1\.$/,
    );
  });

  test('a lab to which a check of the drill does not apply', async () => {
    const lab = new FakeLab();
    lab.skipped = ['route.vpc'];
    expect(await refused(lab)).toMatch(/does not fit lab local: it does not apply\.$/);
  });
});

test('a drill that cannot be broken leaves a repaired lab', async () => {
  const lab = new FakeLab();
  lab.broken = ['break'];
  expect((await failureOf(start(lab, drill))).message).toBe('break does not work');
  expect(lab.leftovers).toEqual(NOTHING);
});

describe('stop', () => {
  test('does not run the solution on a lab that the student has repaired', async () => {
    const lab = new FakeLab();
    await start(lab, drill);
    lab.fault = false;
    await stop(lab, drill);
    expect(lab.log).not.toContain('solve');
    expect(lab.leftovers).toEqual(NOTHING);
  });

  test.each([
    [[], ['solve']],
    [['solve'], ['solve', 'repair']],
    [
      ['solve', 'repair'],
      ['solve', 'repair', 'restore'],
    ],
  ])('if %j do not work, tries %j', async (broken, tried) => {
    const lab = new FakeLab();
    await start(lab, drill);
    lab.broken = broken;
    expect(await stop(lab, drill)).toMatchObject({ result: 'stopped' });
    expect(lab.log.filter((one) => ['solve', 'repair', 'restore'].includes(one))).toEqual(tried);
    expect(lab.leftovers).toEqual(NOTHING);
  });

  test('says what to do if nothing repairs the lab, and can be repeated', async () => {
    const lab = new FakeLab();
    await start(lab, drill);
    lab.broken = ['solve', 'repair', 'restore'];
    const { message, cure } = await failureOf(stop(lab, drill));
    expect(message).toBe('Lab local is not repaired: route.vpc still fails.');
    expect(cure).toBe('./lab recreate, then ./lab drill stop');
    lab.broken = [];
    await stop(lab, drill);
    expect(lab.leftovers).toEqual(NOTHING);
  });

  test('repairs a lab with a drill that has no folder any more', async () => {
    const lab = new FakeLab();
    await start(lab, { ...drill, clean: undefined });
    lab.dirt = false;
    await stop(lab, undefined);
    expect(lab.leftovers).toEqual(NOTHING);
  });

  test('refuses if no drill runs', async () => {
    expect((await failureOf(stop(new FakeLab(), drill))).message).toBe(
      'No drill runs on lab local.',
    );
  });
});

describe('after kill -9 at any operation, stop repairs the lab and leaves nothing', () => {
  const commands: [string, (lab: FakeLab) => Promise<unknown>][] = [
    ['start', (lab) => start(lab, drill)],
    ['check', (lab) => check(lab, drill)],
    ['hint', (lab) => hint(lab, drill)],
    ['solve', (lab) => solve(lab, drill)],
    ['stop', (lab) => stop(lab, drill)],
  ];

  /** Lab on which the command can run: a solved drill for `check`. */
  async function prepared(name: string): Promise<FakeLab> {
    const lab = new FakeLab();
    if (name !== 'start') await start(lab, drill);
    if (name === 'check') lab.fault = false;
    lab.operations = 0;
    return lab;
  }

  test.each(commands)('of %s', async (name, run) => {
    const whole = await prepared(name);
    await run(whole);
    const last = whole.operations;
    expect(last).toBeGreaterThan(0);
    for (let killAt = 1; killAt <= last; killAt++) {
      const lab = await prepared(name);
      lab.killAt = killAt;
      await expect(run(lab)).rejects.toThrow(Killed);
      [lab.killAt, lab.isLocked] = [Infinity, false];
      const { phase } = lab.record.running ?? {};
      if (phase) await stop(lab, drill);
      expect({ killAt, phase, ...lab.leftovers }).toEqual({ killAt, phase, ...NOTHING });
      expect(lab.record.history.length).toBe(phase || name !== 'start' ? 1 : 0);
    }
  });

  test('other commands name the way out of an interrupted begin', async () => {
    const lab = new FakeLab();
    lab.killAt = 4;
    await expect(start(lab, drill)).rejects.toThrow(Killed);
    lab.killAt = Infinity;
    const { message, cure } = await failureOf(check(lab, drill));
    expect(message).toBe('Drill wrong-turn on lab local was interrupted.');
    expect(cure).toBe('./lab drill stop repairs the lab');
  });

  test('check completes a drill after an interrupted end, with its result', async () => {
    const lab = new FakeLab();
    await start(lab, drill);
    lab.fault = false;
    lab.operations = 0;
    lab.killAt = 3;
    await expect(check(lab, drill)).rejects.toThrow(Killed);
    lab.killAt = Infinity;
    expect((await check(lab, drill)).ended).toMatchObject({ result: 'solved' });
    expect(lab.leftovers).toEqual(NOTHING);
  });
});
