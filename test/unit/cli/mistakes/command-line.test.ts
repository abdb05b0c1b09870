import * as fs from 'node:fs';
import { inPlaces, ownPlaces, typed } from '../../../support/typed';

// Throws if a command line with a mistake reaches the host.
const mockTouched = (): never => {
  throw new Error('this command line was taken for a good one');
};
jest.mock('../../../../cli/actions/ensure-toolchain', () => ({
  installed: () => mockTouched(),
  found: () => mockTouched(),
  foundTools: () => mockTouched(),
}));
jest.mock('../../../../cli/actions/prepare', () => ({
  prepare: () => mockTouched(),
  requireCredentials: () => mockTouched(),
}));

ownPlaces();

const NAMES = 'lower-case letters, digits and single hyphens between them, such as s01 or aws-s01';

/** Arguments of ./lab, the message and the cure. */
const MISTAKES: [typed: string, said: string, cure: string][] = [
  ['upp', 'There is no command upp (did you mean "up"?).', './lab --help lists them'],
  ['Down', 'There is no command Down (did you mean "down"?).', './lab --help lists them'],
  ['resetall', 'There is no command resetall.', './lab --help lists them'],
  [
    '--verison',
    './lab has no option --verison (did you mean "--version"?).',
    './lab --help lists its options',
  ],

  [
    'up --sett workers=3',
    './lab up has no option --sett (did you mean "--set"?).',
    './lab up --help lists its options',
  ],
  [
    'up --workers 3',
    './lab up has no option --workers: workers is a config key.',
    './lab up [NAME] --set workers=VALUE',
  ],
  [
    'up --podCidr=10.1.0.0/16',
    './lab up has no option --podCidr: podCidr is a config key.',
    './lab up [NAME] --set podCidr=VALUE',
  ],
  ['up --set', '--set needs a value.', './lab up [NAME] --set KEY=VALUE'],
  ['up --stage', '--stage needs a value.', './lab up [NAME] --stage STAGE'],
  [
    'up --stage clustr',
    '--stage clustr: not one of none, network, cluster (did you mean "cluster"?)',
    '--stage with one of these, or without it as far as the config says',
  ],
  [
    'up local aws',
    './lab up takes one NAME and no other arguments, not: local aws',
    './lab up --help',
  ],
  ['up workers=3', `"workers=3" is not a lab's name: ${NAMES}.`, './lab up --set workers=3'],
  [
    'start --set workers=2',
    './lab start has no option --set: it is an option of ./lab up, ./lab doctor.',
    './lab start --help lists its options',
  ],
  [
    'start --yes',
    './lab start has no option --yes: it is an option of ./lab up, ./lab recreate, ./lab reset, ./lab save, ./lab restore, ./lab checkpoints, ./lab down, ./lab reap.',
    './lab start --help lists its options',
  ],
  [
    'start s01 s02',
    './lab start takes one NAME and no other arguments, not: s01 s02',
    './lab start --help',
  ],
  ['help upp', 'There is no command upp (did you mean "up"?).', './lab --help lists them'],
  ['help class nonsense', 'There is no command class nonsense.', './lab class --help lists them'],
  ['class help nonsense', 'There is no command class nonsense.', './lab class --help lists them'],
  ['class nonsense --help', 'There is no command class nonsense.', './lab class --help lists them'],
  [
    'class bord -h',
    'There is no command class bord (did you mean "board"?).',
    './lab class --help lists them',
  ],
  ['upp --help', 'There is no command upp (did you mean "up"?).', './lab --help lists them'],
  ['help up nonsense', 'There is no command up nonsense.', './lab up --help'],
  ['setup s01', './lab setup takes no arguments, not: s01', './lab setup --help'],

  ['up worker-0', '"worker-0" is not a lab\'s name: worker-0 is a node\'s.', './lab ssh worker-0'],
  [
    'up locl',
    '"locl" is one letter away from "local".',
    'local, or no NAME; for a lab of that name, local-locl',
  ],
  [
    'up azure',
    '"azure" is not a cloud for labs: use local, aws, gcp.',
    'one of these clouds, alone or with an id, such as local-s01',
  ],
  [
    'up --set expires=2020-01-01T00:00Z',
    'expires is 2020-01-01T00:00Z, which is in the past, so the next ./lab reap would remove the lab.',
    './lab up --set expires=8h, or a later time',
  ],
  ['up S01', `"S01" is not a lab's name: ${NAMES}.`, 's01 would be one'],
  ['up anna_b', `"anna_b" is not a lab's name: ${NAMES}.`, 'anna-b would be one'],
  ['up aws-', `"aws-" is not a lab's name: ${NAMES}.`, 'aws would be one'],
  ['up ../../etc', `"../../etc" is not a lab's name: ${NAMES}.`, 'etc would be one'],
  [
    'up status',
    '"status" can\'t be a lab\'s name: "status" is a reserved word.',
    'no NAME for the lab called local, or another NAME, such as s01',
  ],
  [
    `up ${'x'.repeat(35)}`,
    `"${'x'.repeat(35)}" is too long for a lab's name: "local-${'x'.repeat(35)}" has 41 characters, and the limit is 40.`,
    'xxxxxxxxxxxx would be one',
  ],

  ['ssh', 'Missing node.', './lab ssh worker-0'],
  [
    'ssh worker0',
    '"worker0" is not a node: nodes are controller-0, worker-0 and so on.',
    './lab ssh worker-0',
  ],
  [
    'ssh controler-1',
    '"controler-1" is not a node: nodes are controller-0, worker-0 and so on.',
    './lab ssh controller-1',
  ],
  [
    'ssh Worker-2 -- ls',
    '"Worker-2" is not a node: nodes are controller-0, worker-0 and so on.',
    './lab ssh worker-2',
  ],
  [
    'ssh ubuntu@worker-1',
    '"ubuntu@worker-1" is not a node: nodes are controller-0, worker-0 and so on.',
    './lab ssh worker-1',
  ],
  ['ssh s01', 'Missing node of lab local-s01.', './lab ssh s01 worker-0'],
  [
    'ssh s01 worker1',
    '"worker1" is not a node: nodes are controller-0, worker-0 and so on.',
    './lab ssh s01 worker-1',
  ],
  [
    'ssh s01 s02',
    '"s02" is not a node: nodes are controller-0, worker-0 and so on.',
    './lab ssh s01 worker-0',
  ],
  [
    'ssh router',
    "The VPC's router is no node: it is a network namespace of this host.",
    'sudo ip -n hardway.local.router route',
  ],
  [
    'ssh azure worker-0',
    '"azure" is not a cloud for labs: use local, aws, gcp.',
    'one of these clouds, alone or with an id, such as local-s01',
  ],
  [
    'ssh --node worker-0',
    './lab ssh has no option --node; arguments for the node come after --.',
    './lab ssh worker-0 -- ls -l',
  ],

  ['kubectl', 'Missing arguments for kubectl.', './lab kubectl -- get nodes'],
  ['kubectl s01 --', 'Missing arguments for kubectl.', './lab kubectl local-s01 -- get nodes'],
  [
    'kubectl -n kube-system get pods',
    './lab kubectl has no option -n; arguments for the kubectl program come after --.',
    './lab kubectl -- -n kube-system get pods',
  ],
  [
    'kubectl worker-0 -- get pods',
    '"worker-0" is not a lab\'s name: worker-0 is a node\'s.',
    './lab ssh worker-0',
  ],

  [
    'verify nat.ping',
    '"nat.ping" is a check, not the NAME of a lab.',
    './lab verify --only nat.ping',
  ],
  [
    'verify --only nat.pin,svc.chain',
    'No check is called "nat.pin" (did you mean "nat.ping"?).\nNo check is called "svc.chain" (did you mean "svc.chains"?).',
    './lab verify --list shows all',
  ],
  ['verify --only ,', '--only names no check.', './lab verify --list shows all'],
  ['verify --list --only x', 'No check is called "x".', './lab verify --list shows all'],
  ['verify --only', '--only needs a value.', './lab verify [NAME] --only ID'],
  [
    'verify --jsn',
    './lab verify has no option --jsn (did you mean "--json"?).',
    './lab verify --help lists its options',
  ],

  [
    'status s01 worker-0',
    './lab status takes one NAME and no other arguments, not: s01 worker-0',
    './lab status --help',
  ],
  [
    'status worker-0',
    '"worker-0" is not a lab\'s name: worker-0 is a node\'s.',
    './lab ssh worker-0',
  ],
  [
    'recreate',
    'Recreate lab local? Everything in it is lost. There is no terminal to ask on.',
    'the same command with --yes',
  ],
  [
    'recreate worker-1 --yes',
    '"worker-1" is not a lab\'s name: worker-1 is a node\'s.',
    './lab ssh worker-1',
  ],
  ['reset', 'Missing node.', './lab reset --node worker-2; all of them: ./lab recreate'],
  [
    'reset s01 --node worker-7 --node gateway',
    'Lab local-s01 has no worker-7 and no gateway.',
    'it has controller-0, controller-1, controller-2, worker-0, worker-1, worker-2',
  ],
  [
    'reset --node controller-0 --node controller-2',
    'Two of three controllers are the majority of etcd: the third could not accept them again.',
    'reset one, then the other; or all three, which also deletes everything in Kubernetes',
  ],
  [
    'reset --node worker-1',
    'Reset worker-1 of lab local? Everything on it is lost. There is no terminal to ask on.',
    'the same command with --yes',
  ],
  ['extend', 'Missing duration.', './lab extend 2h'],
  ['extend s01', 'Missing duration.', './lab extend local-s01 2h'],
  [
    'extend s01 soon',
    '"soon" is neither a duration such as 2h, 90m or 1d nor a time such as 2026-12-01T18:00Z.',
    './lab extend local-s01 2h',
  ],
  [
    'extend s01 2h now',
    './lab extend takes one NAME and one duration, not: s01 2h now',
    './lab extend s01 2h',
  ],
  ['reap s01', './lab reap takes no arguments, not: s01', './lab reap --help'],
  ['list local', './lab list takes no arguments, not: local', './lab list --help'],
  [
    'down',
    'Remove lab local with everything in it? There is no terminal to ask on.',
    'the same command with --yes',
  ],
  [
    'down worker-0 --yes',
    '"worker-0" is not a lab\'s name: worker-0 is a node\'s.',
    './lab ssh worker-0',
  ],
  ['down --force', './lab down has no option --force.', './lab down --help lists its options'],
  [
    'clean --cahce',
    './lab clean has no option --cahce (did you mean "--cache"?).',
    './lab clean --help lists its options',
  ],
  ['clean local', './lab clean takes no arguments, not: local', './lab clean --help'],
  ['doctor --fix', './lab doctor has no option --fix.', './lab doctor --help lists its options'],
  ['env local', './lab env takes no arguments, not: local', './lab env --help'],
  [
    'doctor --cloud azure',
    '--cloud azure: not one of aws, gcp',
    './lab doctor --cloud aws, or without --cloud; --help explains it',
  ],
  [
    'doctor --set workers=2',
    '--set needs --cloud: the config decides what a lab needs of an account.',
    './lab doctor --cloud aws --set KEY=VALUE',
  ],
  [
    'audit',
    'An audit searches a cloud, and a local lab is on this host.',
    './lab audit --cloud aws, or ./lab audit aws-s01; ./lab list shows the labs of this host',
  ],
  [
    'audit s01',
    'An audit searches a cloud, and a local lab is on this host.',
    './lab audit --cloud aws, or ./lab audit aws-s01; ./lab list shows the labs of this host',
  ],
  ['audit aws-s01 --cloud gcp', 'Lab aws-s01 is not on gcp.', './lab audit aws-s01'],
  [
    'class upp students.yaml',
    'There is no command class upp (did you mean "up"?).',
    './lab class --help lists them',
  ],
  [
    'class students.yaml',
    'There is no command class students.yaml.',
    './lab class --help lists them',
  ],
  ['class up', './lab class up needs a ROSTER.', './lab class up students.yaml'],
  ['class down', './lab class down needs a ROSTER.', './lab class down students.yaml'],
  [
    'class up one.yaml two.yaml',
    './lab class up takes one ROSTER and no other arguments, not: one.yaml two.yaml',
    './lab class up --help',
  ],
  [
    'class up students.yaml --paralel 2',
    './lab class up has no option --paralel (did you mean "--parallel"?).',
    './lab class up --help lists its options',
  ],
  [
    'class up students.yaml --watch',
    './lab class up has no option --watch: it is an option of ./lab class status.',
    './lab class up --help lists its options',
  ],
  [
    'class up students.yaml --workers 2',
    './lab class up has no option --workers: workers is a config key.',
    'config: {workers: VALUE} in the roster',
  ],
  ['class up students.yaml --parallel', '--parallel needs a value.', './lab class up --parallel N'],
  [
    'class up students.yaml --parallel two',
    '--parallel two: not a whole number from 1 to 50',
    '--parallel 2, or without it for the fastest number on this host',
  ],
  [
    'class verify students.yaml --parallel 0',
    '--parallel 0: not a whole number from 1 to 50',
    '--parallel 2, or without it for the fastest number on this host',
  ],
  [
    'class up students.yaml',
    'Roster students.yaml does not exist.',
    'give the file that lists the students, such as examples/students.yaml',
  ],
  [
    'class down examples/students.yaml --only s1,s02,ada',
    'No student in examples/students.yaml has the id "s1" (did you mean "s01"?).\nNo student in examples/students.yaml has the id "ada".',
    '--only with some of s01, s02, s03',
  ],
  ['class down examples/students.yaml --only ,', '--only names no student.', '--only s01,s02'],
  [
    'class down examples/students.yaml --only s01',
    'Remove this lab with everything in it: local-s01? There is no terminal to ask on.',
    'the same command with --yes',
  ],
  [
    'class down examples/students.yaml',
    'Remove these 3 labs with everything in them: local-s01, local-s02, local-s03? There is no terminal to ask on.',
    'the same command with --yes',
  ],
  [
    'class status examples/students.yaml --watch',
    '--watch needs a terminal.',
    './lab class status examples/students.yaml --json, for programs',
  ],
  ['tour --port 99999', '--port 99999: a port is a number from 1 to 65535', './lab tour --help'],
  [
    'tour --listen 0.0.0.0',
    '--listen 0.0.0.0: one IPv4 address of this host, such as 192.0.2.7; not 0.0.0.0',
    './lab tour --help',
  ],
  [
    'class board examples/students.yaml --port 0',
    '--port 0: a port is a number from 1 to 65535',
    './lab class board --help',
  ],
  [
    'walk busybox0 nginx --port x',
    '--port x: a port is a number from 1 to 65535',
    './lab walk --help',
  ],
  [
    'audit --cloud azure',
    '--cloud azure: not one of aws, gcp',
    './lab audit --cloud aws, or without --cloud; --help explains it',
  ],
  ['class cards', './lab class cards needs a ROSTER.', './lab class cards students.yaml'],
  [
    'class cards examples/students.yaml',
    'Missing directory for the cards.',
    '--out DIR, a directory that only you can read',
  ],
  [
    'class cards examples/students.yaml --out',
    '--out needs a value.',
    './lab class cards --out DIR',
  ],
  [
    'class cards examples/students.yaml --out /no/cards',
    'Directory /no for /no/cards does not exist.',
    'mkdir -p /no',
  ],
  [
    'class cards examples/students.yaml --out /etc',
    '/etc is readable for other users, and cards hold keys.',
    '--out with a new directory, or chmod 700 this one if it holds only cards',
  ],
];

test.each(MISTAKES)(
  './lab %s is refused with its mistake and cure, and creates no file',
  async (line, said, cure) => {
    expect(process.stdin.isTTY && process.stdout.isTTY).toBeFalsy();
    expect(await typed(line)).toEqual({ code: 2, printed: `${said}\nTo do: ${cure}` });
    // Nothing was made of it.
    expect(fs.readdirSync(inPlaces())).toEqual([]);
  },
);

test('./lab kubectl s01 get pods is refused if s01 is a lab', async () => {
  fs.mkdirSync(inPlaces('state', 'labs', 'local-s01'), { recursive: true });
  expect(await typed('kubectl s01 get pods')).toEqual({
    code: 2,
    printed:
      "s01 is a lab's name, and kubectl would read it as a command.\nTo do: ./lab kubectl s01 -- get pods",
  });
});

test.each([
  'up',
  'ssh worker-0',
  'ssh -- worker-0 ls -l',
  'kubectl get pods',
  'verify --only nat.ping,nat.off',
  'up --set workers=4 --set workers=4',
  'class up examples/students.yaml --only s02 --parallel 2',
  'class status examples/students.yaml --json',
  'class verify examples/students.yaml',
])('./lab %s is no mistake', async (line) => {
  // A class without labs reads no program.
  const states = inPlaces('state/backend/.pulumi/stacks/hardway-lab');
  fs.mkdirSync(states, { recursive: true });
  fs.writeFileSync(`${states}/local-s01.json`, '{}');
  expect((await typed(line)).printed).toContain('taken for a good one');
});

test('./lab class up refuses a roster with an expiry in the past', async () => {
  const file = inPlaces('students.yaml');
  fs.writeFileSync(file, 'students:\n- id: s01\n  config: {expires: 2020-01-01T00:00Z}');
  const { code, printed } = await typed(`class up ${file}`);
  expect(code).toBe(2);
  expect(printed).toContain('line 3: expires is 2020-01-01T00:00Z, which is in the past');
});
