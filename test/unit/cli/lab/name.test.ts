import * as fc from 'fast-check';
import { CLOUDS } from '../../../../components/config';
import { Failure } from '../../../../cli/errors';
import { isLab, isStackName, parseLab } from '../../../../cli/lab/name';
import { isLabName, LONGEST_LAB_NAME } from '../../../../util/lab-name';

const RESERVED = [
  'start',
  'up',
  'verify',
  'ssh',
  'kubectl',
  'status',
  'list',
  'down',
  'clean',
  'doctor',
  'env',
  'recreate',
  'help',
  'all',
  'lab',
  'labs',
  'class',
  'node',
  'nodes',
  'controller',
  'worker',
  'router',
];

const id = fc
  .stringMatching(/^[a-z0-9]{1,8}(-[a-z0-9]{1,8}){0,2}$/)
  .filter(
    (text) =>
      !isStackName(text) && !RESERVED.includes(text) && !/^(controller|worker)-\d+$/.test(text),
  );

describe("a lab's NAME", () => {
  test('is the local lab when none is given', () => {
    expect(parseLab()).toEqual({ stack: 'local', cloud: 'local' });
  });

  test.each(CLOUDS)('is the stack itself where it is the cloud %s', (cloud) => {
    expect(parseLab(cloud)).toEqual({ stack: cloud, cloud });
  });

  test('with a cloud and an id is that stack, whatever the id', () => {
    fc.assert(
      fc.property(fc.constantFrom(...CLOUDS), id, (cloud, text) => {
        expect(parseLab(`${cloud}-${text}`)).toEqual({ stack: `${cloud}-${text}`, cloud });
      }),
    );
  });

  test('that is an id alone means a local lab', () => {
    fc.assert(
      fc.property(id, (text) =>
        expect(parseLab(text)).toEqual({ stack: `local-${text}`, cloud: 'local' }),
      ),
    );
  });

  test('may be given as the stack it stands for', () => {
    fc.assert(
      fc.property(id, (text) => expect(parseLab(parseLab(text).stack)).toEqual(parseLab(text))),
    );
  });

  test('that is accepted is always a word a file, a host name and a shell take as it is', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), (text) => {
        try {
          expect(parseLab(text).stack).toMatch(/^(local|aws|gcp)(-[a-z0-9]+)*$/);
        } catch (error) {
          expect(error).toBeInstanceOf(Failure);
          expect((error as Failure).exitCode).toBe(2);
        }
      }),
    );
  });

  test.each(['worker-0', 'controller-12', 'local-worker-0'])(
    'is refused where it is a node: %s',
    (name) => {
      expect(() => parseLab(name)).toThrow(/is a node's/);
    },
  );

  test.each([...RESERVED, 'aws-up'])('is refused where it is a reserved word: %s', (name) => {
    expect(() => parseLab(name)).toThrow(/a reserved word/);
  });

  test.each(['', 'S01', 'a_b', 'a.b', '-a', 'a-', 'aws-', 'a--b', '../x', 'x'.repeat(35)])(
    'is refused where it is no name: "%s"',
    (name) => {
      expect(() => parseLab(name)).toThrow(Failure);
    },
  );
});

test.each(CLOUDS)(
  'on %s, ./lab takes every length that plain pulumi takes, and no other',
  (cloud) => {
    const longest = `${cloud}-${'x'.repeat(LONGEST_LAB_NAME - cloud.length - 1)}`;
    expect([isLabName(longest), isLab(longest)]).toEqual([true, true]);
    expect([isLabName(`${longest}x`), isLab(`${longest}x`)]).toEqual([false, false]);
  },
);

test('a shorter name that is suggested is on the same cloud', () => {
  expect(() => parseLab(`gcp-${'x'.repeat(40)}`)).toThrow(
    expect.objectContaining({
      message: expect.stringContaining('has 44 characters, and the limit is 40'),
      cure: `gcp-${'x'.repeat(12)} would be one`,
    }),
  );
  expect(() => parseLab('x'.repeat(40))).toThrow(
    expect.objectContaining({ cure: `${'x'.repeat(12)} would be one` }),
  );
});

test.each(['azure', 'gke', 'locl', 'loca', 'locall'])(
  '"%s" makes no lab by mistake: another cloud, or a slip of one letter',
  (name) => {
    expect(() => parseLab(name)).toThrow(/is not a cloud for labs|one letter away/);
  },
);
