/** A command line, and its result. */
export type Example = readonly [words: string, result: string];

/** Examples of each command, for docs/reference/commands. */
export const EXAMPLES: Record<string, readonly Example[]> = {
  setup: [
    ['./lab setup', 'installs everything that a local lab needs'],
    ['./lab setup --cloud aws', 'installs the programs for labs on AWS, without root'],
  ],
  start: [['./lab start', 'installs, brings the lab `local` up, and verifies it']],
  up: [
    ['./lab up', 'creates the lab `local`, or repairs it'],
    ['./lab up --set ipMasq=false', 'changes one setting'],
    ['./lab up aws-s01 --yes', 'creates a lab on AWS without a question'],
  ],
  verify: [
    ['./lab verify', 'runs all checks'],
    ['./lab verify --only nat.ping', 'runs one check and shows its evidence'],
  ],
  walk: [
    ['./lab walk worker-0/busybox0 10.200.1.15', 'shows the way of a ping between pods'],
    ['./lab walk laptop worker-0:31088', 'shows the way of a connection to a NodePort'],
  ],
  drill: [],
  'drill list': [['./lab drill list', 'lists the drills, and your results']],
  'drill start': [
    ['./lab drill start wrong-turn', 'breaks the lab `local`'],
    ['./lab drill start s01 wrong-turn', 'breaks the lab `local-s01`'],
  ],
  'drill hint': [['./lab drill hint', 'shows the next hint']],
  'drill check': [['./lab drill check', 'says what is still wrong']],
  'drill solve': [['./lab drill solve', 'types the solution, for you to watch']],
  'drill stop': [['./lab drill stop', 'repairs the lab and ends the drill']],
  'drill test': [
    ['./lab drill test', 'tries all drills on the lab `local`'],
    ['./lab drill test wrong-turn', 'tries one of them'],
  ],
  tour: [
    ['./lab tour', 'shows the article as a page for the lab `local`, until Ctrl-C'],
    ['./lab tour s01 --port 7080', 'the same for the lab `local-s01`, at a port of your choice'],
  ],
  save: [['./lab save before-the-drill', 'saves the lab `local` under a label']],
  restore: [['./lab restore before-the-drill', 'returns the lab `local` to that moment']],
  checkpoints: [
    ['./lab checkpoints', 'lists the checkpoints of the lab `local`'],
    ['./lab checkpoints --delete before-the-drill', 'deletes one of them'],
  ],
  ssh: [
    ['./lab ssh worker-0', 'opens a shell on worker-0'],
    ['./lab ssh worker-0 ip route', 'runs one command on worker-0'],
  ],
  kubectl: [['./lab kubectl -- get nodes', 'lists the nodes as the admin of the lab `local`']],
  status: [
    ['./lab status', 'shows nodes, services and drift'],
    ['./lab status --json', 'prints the same for programs'],
  ],
  list: [['./lab list', 'lists all labs of this host and of this backend']],
  recreate: [['./lab recreate --yes', 'replaces all nodes; addresses and keys stay']],
  reset: [['./lab reset --node worker-1', 'replaces worker-1']],
  extend: [['./lab extend aws-s01 4h', 'moves the expiry to four hours from now']],
  down: [['./lab down', 'removes the lab `local`']],
  reap: [['./lab reap --yes', 'removes every expired lab; safe to run from cron']],
  class: [],
  'class up': [
    ['./lab class up examples/students.yaml', 'brings up a lab for each student'],
    ['./lab class up examples/students.yaml --only ada', 'brings up one of them'],
  ],
  'class status': [['./lab class status examples/students.yaml --watch', 'shows all labs, live']],
  'class board': [['./lab class board examples/students.yaml', 'shows who is where, live']],
  'class verify': [['./lab class verify examples/students.yaml', 'runs all checks on all labs']],
  'class drill': [
    ['./lab class drill examples/students.yaml wrong-turn', 'starts a drill on all labs'],
  ],
  'class cards': [
    ['./lab class cards examples/students.yaml --out cards', 'writes a page for each student'],
  ],
  'class down': [['./lab class down examples/students.yaml --yes', 'removes all labs']],
  audit: [['./lab audit --cloud aws', 'lists leftovers in the AWS account']],
  clean: [['./lab clean', 'frees disk space of old programs and images']],
  doctor: [
    ['./lab doctor', 'reports what this host lacks'],
    ['./lab doctor --cloud gcp', 'reports what the Google Cloud project lacks'],
  ],
  test: [['./lab test', 'runs every test, with real labs, in about 32 minutes']],
  env: [['eval "$(./lab env)"', 'lets plain pulumi work on the same labs, in this shell']],
};
