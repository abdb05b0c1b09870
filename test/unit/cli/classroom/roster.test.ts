import * as fs from 'node:fs';
import * as fc from 'fast-check';
import { stringify } from 'yaml';
import {
  chosen,
  readRoster,
  type Roster,
  type RosterOptions,
} from '../../../../cli/classroom/roster';
import { Failure } from '../../../../cli/errors';
import { parseLab } from '../../../../cli/lab/name';
import { CLOUDS } from '../../../../components/config';
import { root } from '../../../../util/repo-root';
import { inPlaces, ownPlaces } from '../../../support/typed';

ownPlaces();

function roster(text: string, options?: RosterOptions): Roster {
  fs.writeFileSync(inPlaces('students.yaml'), text);
  return readRoster(inPlaces('students.yaml'), options);
}

/** Lists the mistakes of a roster, one a line. */
function mistakesIn(text: string): string[] {
  try {
    roster(text);
    return [];
  } catch (error) {
    expect(error).toMatchObject({
      exitCode: 2,
      cure: 'correct the file, then run the same command again; examples/students.yaml is a complete example',
    });
    const [head, ...lines] = (error as Failure).message.split('\n');
    expect(head).toBe(
      `${lines.length === 1 ? 'One mistake' : `${lines.length} mistakes`} in the roster ${inPlaces('students.yaml')}; nothing was changed:`,
    );
    return lines.map((line) => line.replace(/^ {2}- /, ''));
  }
}

const NONE = 'there are no students: "students:" with a line "- id: s01" for each';

describe('a roster with mistakes is refused with each of them and its line', () => {
  test.each<[text: string, ...mistakes: string[]]>([
    ['', 'line 1: there is no "students:" with a line "- id: s01" for each'],
    ['just words', 'line 1: there is no "students:" with a line "- id: s01" for each'],
    ['students:', `line 1: ${NONE}`],
    ['students: []', `line 1: ${NONE}`],
    ['jumpHost: lab.example.edu', `line 1: ${NONE}`],
    ['students: s01', 'line 1: students is not a list: a line "- id: s01" for each'],
    [
      'students:\n- id: s01\n\tname: Ada',
      expect.stringMatching(/^line 3: not YAML: .*[Tt]ab/) as unknown as string,
    ],
    ['students:\n- {id: s01', expect.stringMatching(/^line 2: not YAML: /) as unknown as string],
    [
      'student: []\nstudents: [{id: s01}]',
      'line 1: there is no key "student" of a roster (did you mean "students"?)',
    ],
    ['students:\n- s01', 'line 2: a student is not of the form "- id: s01"'],
    ['students:\n- name: Ada', 'line 2: a student without an id: - id: s01'],
    ['students:\n- id:\n  name: Ada', 'line 2: a student without an id: - id: s01'],
    ['students:\n- id: s01\n- id: s02\n- id: s01', 'line 4: there is an "s01" in line 2 already'],
    [
      'students:\n- {id: s01, cloud: aws}\n- id: s01',
      'line 3: there is an "s01" in line 2 already',
    ],
    [
      'students:\n- id: worker-0',
      'line 2: "worker-0" is not a lab\'s name: worker-0 is a node\'s (./lab ssh worker-0)',
    ],
    [
      'students:\n- id: aws-s01',
      'line 2: "aws-s01" is not a student\'s id: the cloud has its own key, so id: s01, cloud: aws',
    ],
    [
      'students:\n- id: Ada L.',
      'line 2: "Ada L." is not a lab\'s name: lower-case letters, digits and single hyphens between them, such as s01 or aws-s01 (ada-l would be one)',
    ],
    [
      `students:\n- id: ${'x'.repeat(35)}`,
      `line 2: "${'x'.repeat(35)}" is too long for a lab's name: "local-${'x'.repeat(35)}" has 41 characters, and the limit is 40 (xxxxxxxxxxxx would be one)`,
    ],
    [
      'students:\n- {id: s01, nmae: Ada}',
      'line 2: there is no key "nmae" of a student (did you mean "name"?)',
    ],
    [
      'students:\n- {id: s01, workers: 3}',
      'line 2: there is no key "workers" of a student: there are id, name, cloud, config',
    ],
    [
      'students:\n- {id: s01, name: [Ada]}',
      'line 2: name is a list or a mapping, not one line of text',
    ],
    [
      'students:\n- {id: s01, cloud: was}',
      'line 2: cloud is "was", not one of local, aws, gcp (did you mean "aws"?)',
    ],
    [
      'jumpHost: a host\nstudents: [{id: s01}]',
      'line 1: jumpHost is "a host", not a host\'s name or address',
    ],
    [
      'defaults: {cluod: aws}\nstudents: [{id: s01}]',
      'line 1: there is no key "cluod" of defaults (did you mean "cloud"?)',
    ],
    [
      'defaults: aws\nstudents: [{id: s01}]',
      'line 1: expected "cloud: …" and "config: …" of defaults',
    ],
    [
      'students:\n- id: s01\n  config:\n    workers: many',
      'line 4: workers is "many", not a whole number from 1 to 9',
    ],
    [
      'students:\n- id: s01\n  config: workers=3',
      'line 3: config is not of the form "config: {workers: 2}"',
    ],
    [
      'students:\n- id: s01\n  config: {workers: {of: 3}}',
      'line 3: workers is a list or a mapping, not one value or a list of some',
    ],
    [
      'students:\n- id: s01\n  config: {cloud: aws}',
      'line 3: cloud stands beside config, not in it',
    ],
    [
      'students:\n- id: s01\n  config: {lab:workers: 3}',
      'line 3: lab:workers: there is no namespace "lab": a key of this project needs none',
    ],
    [
      'students:\n- id: s01\n  config: {region: us-west-2}',
      'line 3: region is "us-west-2", but cloud local has no use for it: remove it',
    ],
    [
      'defaults:\n  config: {workers: 12}\nstudents:\n- id: s01\n- id: s02',
      'line 2: workers is "12", not a whole number from 1 to 9',
    ],
    [
      'students:\n- id: s01\n  config:\n    worker: 3\n    nodeCidr: 10.200.0.0/16',
      'line 4: there is no config key "worker" (did you mean "workers"?)',
      'line 5: nodeCidr 10.200.0.0/16 and podCidr 10.200.0.0/16 overlap: choose networks that share no address',
    ],
    [
      'jumphost: x\nstudents:\n- id: s01\n- id: s01\n- name: nameless\n- id: s02\n  config: {controllers: 2}',
      'line 1: there is no key "jumphost" of a roster (did you mean "jumpHost"?)',
      'line 4: there is an "s01" in line 3 already',
      'line 5: a student without an id: - id: s01',
      'line 7: controllers is 2: etcd needs an odd number to survive the loss of one, so choose 1 or 3',
    ],
  ])('%j', (text, ...mistakes) => {
    expect(mistakesIn(text)).toEqual(mistakes);
    expect(fs.readdirSync(inPlaces())).toEqual(['students.yaml']);
  });

  test('a roster that does not exist is refused', () => {
    expect(() => readRoster(inPlaces('none.yaml'))).toThrow(
      expect.objectContaining({
        exitCode: 2,
        message: `Roster ${inPlaces('none.yaml')} does not exist.`,
      }),
    );
    expect(() => readRoster(inPlaces())).toThrow(
      expect.objectContaining({ exitCode: 2, message: `${inPlaces()} can't be read: EISDIR.` }),
    );
  });
});

describe('a roster with an expiry in the past', () => {
  const PAST = [
    'defaults: {config: {expires: 2020-01-01T00:00Z}}',
    'students:',
    '- id: s01',
    '- {id: s02, config: {expires: 8h}}',
    '- {id: s03, config: {expires: 2999-01-01T00:00Z}}',
  ].join('\n');

  test('is refused by the command that creates labs, with the line', () => {
    expect(() => roster(PAST, { creates: true })).toThrow(
      expect.objectContaining({
        exitCode: 2,
        message: expect.stringMatching(
          /^One mistake .*\n {2}- line 1: expires is 2020-01-01T00:00Z, which is in the past/,
        ),
      }),
    );
  });

  test('still names the labs of the other commands, such as class down', () => {
    expect(roster(PAST).students.map(({ id }) => id)).toEqual(['s01', 's02', 's03']);
  });
});

describe('a roster', () => {
  test("gives each student a lab with the class's defaults and the student's own settings", () => {
    const { students, jumpHost } = roster(
      [
        'defaults: {config: {workers: 2, ipMasq: false, region: eu-west-1}}',
        'jumpHost: lab.example.edu',
        'students:',
        '- {id: 007, name: Ada Lovelace, config: {workers: 3, adminCidrs: [198.18.0.0/15, 192.0.2.7/32]}}',
        '- {id: s02, cloud: aws, config: {ipMasq: }}',
      ].join('\n'),
    );
    expect(jumpHost).toBe('lab.example.edu');
    expect(
      students.map(({ id, name, lab, settings }) => ({
        id,
        name,
        lab,
        settings: Object.fromEntries(settings),
      })),
    ).toEqual([
      {
        id: '007',
        name: 'Ada Lovelace',
        lab: { stack: 'local-007', cloud: 'local' },
        settings: {
          'hardway-lab:workers': '3',
          'hardway-lab:ipMasq': 'false',
          'hardway-lab:adminCidrs': '198.18.0.0/15,192.0.2.7/32',
        },
      },
      {
        id: 's02',
        name: 's02',
        lab: { stack: 'aws-s02', cloud: 'aws' },
        settings: {
          'hardway-lab:student': 's02',
          'hardway-lab:workers': '2',
          'hardway-lab:ipMasq': undefined,
          'hardway-lab:region': 'eu-west-1',
        },
      },
    ]);
  });

  test('is valid in the example', () => {
    expect(
      readRoster(`${root}/examples/students.yaml`).students.map(({ lab }) => lab.stack),
    ).toEqual(['local-s01', 'local-s02', 'local-s03']);
  });

  test('has its students chosen by --only in its order, and other ids are refused', () => {
    const file = roster('students: [{id: s01}, {id: s02}, {id: s03}]');
    expect(chosen(file, ['s03', 's01', 's03']).map(({ id }) => id)).toEqual(['s01', 's03']);
    expect(chosen(file, undefined)).toHaveLength(3);
    expect(() => chosen(file, [])).toThrow('--only names no student.');
    expect(() => chosen(file, ['s1', 'x', 's01'])).toThrow(
      new RegExp(`has the id "s1" \\(did you mean "s01"\\?\\)\\.\nNo student in .* has the id "x"`),
    );
  });

  test('gives any valid ids as many labs, with names that the other commands accept', () => {
    const id = fc.stringMatching(/^[a-z]\d{2}(-[a-z]{1,3}\d)?$/);
    const student = fc.record({
      id,
      name: fc
        .string({ minLength: 1 })
        .filter((name) => /^[^\p{C}]+$/u.test(name.trim()) && name.trim() !== ''),
      cloud: fc.constantFrom(...CLOUDS),
    });
    fc.assert(
      fc.property(
        fc.uniqueArray(student, { minLength: 1, maxLength: 8, selector: (one) => one.id }),
        (list) => {
          const { students } = roster(
            stringify({ defaults: { config: { adminCidrs: ['198.18.0.0/15'] } }, students: list }),
          );
          expect(students.map(({ id: given, name, lab }) => [given, name, lab])).toEqual(
            list.map((one) => [one.id, one.name.trim(), parseLab(`${one.cloud}-${one.id}`)]),
          );
          expect(new Set(students.map(({ lab }) => lab.stack)).size).toBe(list.length);
        },
      ),
      { numRuns: 50 },
    );
  });

  test('of any text is read or refused with the line of each mistake', () => {
    const key = fc.constantFrom(
      'students',
      'id',
      'name',
      'cloud',
      'config',
      'defaults',
      'jumpHost',
      'workers',
      'x',
    );
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom('s01', 's02', 'aws', '', null, 3, true),
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(key, tie('tree'), { maxKeys: 4 }),
      ),
    }));
    fc.assert(
      fc.property(
        fc.oneof(
          tree.map((value) => stringify(value)),
          fc.string(),
        ),
        (text) => {
          try {
            expect(roster(text).students.length).toBeGreaterThan(0);
          } catch (error) {
            expect(error).toBeInstanceOf(Failure);
            expect((error as Failure).message).toMatch(
              /^(One mistake|\d+ mistakes) in the roster[^]*\n {2}- line \d+: /,
            );
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});
