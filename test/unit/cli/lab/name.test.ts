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

  test.each(CLOUDS)('is the stack itself for the cloud %s', (cloud) => {
    expect(parseLab(cloud)).toEqual({ stack: cloud, cloud });
  });

  test('is the stack of its cloud and its id', () => {
    fc.assert(
      fc.property(fc.constantFrom(...CLOUDS), id, (cloud, text) => {
        expect(parseLab(`${cloud}-${text}`)).toEqual({ stack: `${cloud}-${text}`, cloud });
      }),
    );
  });

  test('is a local lab if it is only an id', () => {
    fc.assert(
      fc.property(id, (text) =>
        expect(parseLab(text)).toEqual({ stack: `local-${text}`, cloud: 'local' }),
      ),
    );
  });

  test('can be the name of its stack', () => {
    fc.assert(
      fc.property(id, (text) => expect(parseLab(parseLab(text).stack)).toEqual(parseLab(text))),
    );
  });

  test('is always valid unquoted as a file name, a host name and a shell word', () => {
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
    'is refused if it is a node: %s',
    (name) => {
      expect(() => parseLab(name)).toThrow(/is a node's/);
    },
  );

  test.each([...RESERVED, 'aws-up'])('is refused if it is a reserved word: %s', (name) => {
    expect(() => parseLab(name)).toThrow(/a reserved word/);
  });

  test.each(['', 'S01', 'a_b', 'a.b', '-a', 'a-', 'aws-', 'a--b', '../x', 'x'.repeat(35)])(
    'is refused if it is invalid: “%s”',
    (name) => {
      expect(() => parseLab(name)).toThrow(Failure);
    },
  );
});

test.each(CLOUDS)('a name on %s can be as long in ./lab as in plain pulumi', (cloud) => {
  const longest = `${cloud}-${'x'.repeat(LONGEST_LAB_NAME - cloud.length - 1)}`;
  expect([isLabName(longest), isLab(longest)]).toEqual([true, true]);
  expect([isLabName(`${longest}x`), isLab(`${longest}x`)]).toEqual([false, false]);
});

test('a name that is too long gets a shorter suggestion on the same cloud', () => {
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
  'a likely typing error is refused: “%s”',
  (name) => {
    expect(() => parseLab(name)).toThrow(/is not a cloud for labs|one letter away/);
  },
);
