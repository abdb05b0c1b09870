import { type Act } from './act';
import {
  answerLab,
  check,
  downLeavesNothing,
  LAB,
  labSucceeds,
  lastLines,
  resources,
  settings,
  type,
  type Stage,
  typeLab,
  until,
  up,
  upChangesNothing,
  verifies,
  world,
} from './stage';
import { USER_ADDRESSES } from '../environment';

/** Runs plain pulumi in the environment that `./lab env` prints. */
async function pulumiSucceeds(stage: Stage, command: string): Promise<void> {
  const { code, output } = await type(stage, [
    'bash',
    '-c',
    `eval "$(./lab env)" && pulumi ${command} --stack ${LAB} --non-interactive`,
  ]);
  check(code === 0, `pulumi ${command} exited ${code}:\n${lastLines(output, 30)}`);
}

/** Whether the API answers one of the user's addresses, through its public address. */
async function apiAnswers(stage: Stage, from: string): Promise<boolean> {
  const { output } = await typeLab(stage, 'kubectl', LAB, '--', 'config', 'view', '--minify');
  const server = /server: (\S+)/.exec(output)?.[1];
  check(server !== undefined, `the kubeconfig names no server:\n${output}`);
  const asked = ['--silent', '--insecure', '--max-time', '5', '--interface', from];
  const { code } = await type(stage, ['curl', ...asked, `${server}/readyz`]);
  return code === 0;
}

function workersOf(stage: Stage): number {
  if (stage.profile === 'small') return 2;
  return 3;
}

async function moreWorkers(stage: Stage): Promise<void> {
  await up(stage, { workers: String(workersOf(stage) + 1) });
  await verifies(stage);
  const before = JSON.stringify(resources());
  const fewer = settings(stage, { workers: String(workersOf(stage)) });
  const { code, output } = await typeLab(stage, 'up', LAB, '--yes', ...fewer);
  check(code !== 0, 'up took a worker away');
  check(output.includes('workers'), `the refusal does not name workers:\n${lastLines(output)}`);
  check(JSON.stringify(resources()) === before, 'the refused up changed the account');
  await upChangesNothing(stage);
}

async function adminCidrs(stage: Stage): Promise<void> {
  const [first, second] = USER_ADDRESSES;
  check(await apiAnswers(stage, first), `the API does not answer ${first}`);
  check(!(await apiAnswers(stage, second)), `the API answers ${second}, which is no admin's`);
  await up(stage, { adminCidrs: `${first}/32,${second}/32` });
  await until(() => apiAnswers(stage, second), {
    seconds: 15,
    otherwise: `the API does not answer ${second} after adminCidrs has it`,
  });
  await up(stage);
  await until(async () => !(await apiAnswers(stage, second)), {
    seconds: 15,
    otherwise: `the API still answers ${second} after adminCidrs lost it`,
  });
}

/** Returns a zone of the region in which the lab is not. */
function otherZone(): string {
  const [{ zone }] = world().instances;
  if (zone.endsWith('a')) return zone.replace(/.$/, 'b');
  return zone.replace(/.$/, 'a');
}

async function changedZone(stage: Stage): Promise<void> {
  const before = JSON.stringify(resources());
  const other = otherZone();
  const words = ['up', LAB, ...settings(stage, { zone: other })];
  // The first question is about the zone. The one about the price comes only after consent.
  const { code, output } = await answerLab(stage, ['n'], ...words);
  check(code !== 0, `up took zone ${other} without a question`);
  check(
    output.includes(`zone ${other} instead of`),
    `no question names the zone:\n${lastLines(output)}`,
  );
  check(JSON.stringify(resources()) === before, 'the refused up changed the account');
  await upChangesNothing(stage);
}

async function movedZone(stage: Stage): Promise<void> {
  const other = otherZone();
  await up(stage, { zone: other });
  const zones = [...new Set(world().instances.map(({ zone }) => zone))];
  check(String(zones) === other, `the nodes are in ${zones.join(', ')}, not in ${other}`);
  await verifies(stage);
  await upChangesNothing(stage);
}

async function twoLabs(stage: Stage): Promise<void> {
  const ids = (): string[] =>
    resources()
      .map(({ id }) => id)
      .sort();
  const before = ids();
  try {
    await up(stage, { stage: 'none' }, `${LAB}-two`);
    check(ids().length > before.length, 'the second lab made nothing');
  } finally {
    // A failed second lab must not be found by the next acts.
    await labSucceeds(stage, 'down', `${LAB}-two`, '--yes');
  }
  check(String(ids()) === String(before), 'the account is not as it was before the second lab');
  await verifies(stage);
}

/** Acts of a lab's ordinary life, in order. */
export const lifeActs: Act[] = [
  {
    name: 'up',
    title: 'brings a lab up',
    begins: 'with nothing',
    ends: 'with a lab',
    run: async (stage) => void (await up(stage)),
  },
  {
    name: 'checks',
    title: 'passes every check',
    begins: 'with a lab',
    run: (stage) => verifies(stage),
  },
  {
    name: 'second-up',
    title: 'changes nothing on a second up',
    begins: 'with a lab',
    run: (stage) => upChangesNothing(stage),
  },
  {
    name: 'preview',
    title: 'previews no changes with plain pulumi',
    begins: 'with a lab',
    run: (stage) => pulumiSucceeds(stage, 'preview --expect-no-changes'),
  },
  {
    name: 'refresh',
    title: 'refreshes without drift',
    begins: 'with a lab',
    run: (stage) => pulumiSucceeds(stage, 'refresh --preview-only --expect-no-changes'),
  },
  {
    name: 'workers',
    title: 'adds a worker and passes every check; refuses to take the worker away again',
    begins: 'with a lab',
    run: moreWorkers,
  },
  {
    name: 'admin-cidrs',
    title: 'opens the API to a second address, and closes it',
    begins: 'with a lab',
    run: adminCidrs,
  },
  {
    name: 'extend',
    title: 'extends the lab without other changes',
    begins: 'with a lab',
    async run(stage) {
      await labSucceeds(stage, 'extend', LAB, '2h');
      await upChangesNothing(stage);
    },
  },
  {
    name: 'reset',
    title: 'resets one node',
    begins: 'with a lab',
    run: async (stage) =>
      void (await labSucceeds(stage, 'reset', LAB, '--node', 'worker-1', '--yes')),
  },
  {
    name: 'recreate',
    title: 'recreates the lab, which ends verified',
    begins: 'with a lab',
    run: async (stage) => void (await labSucceeds(stage, 'recreate', LAB, '--yes')),
  },
  {
    name: 'zone',
    title: 'asks about a changed zone, and changes nothing without an answer',
    begins: 'with a lab',
    run: changedZone,
  },
  {
    name: 'move-zone',
    title: 'moves the lab to another zone if the user agrees, and passes every check',
    begins: 'with a lab',
    run: movedZone,
  },
  {
    name: 'two-labs',
    title: 'destroys one of two labs, and leaves the other whole',
    begins: 'with a lab',
    run: twoLabs,
  },
];

/** The last act of a lab's life. */
export const endActs: Act[] = [
  {
    name: 'down',
    title: 'takes the lab down, and leaves nothing in the account',
    begins: 'with a lab',
    ends: 'with nothing',
    run: (stage) => downLeavesNothing(stage),
  },
];
