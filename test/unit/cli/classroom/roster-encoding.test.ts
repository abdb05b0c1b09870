import * as fs from 'node:fs';
import { EXIT } from '../../../../cli/errors';
import { readRoster } from '../../../../cli/classroom/roster';
import { inPlaces, ownPlaces } from '../../../support/typed';

ownPlaces();

const roster = 'students:\n  - id: s01\n    name: Zoë\n  - id: s02\n';
const read = (bytes: Buffer): ReturnType<typeof readRoster> => {
  const file = inPlaces('students.yaml');
  fs.writeFileSync(file, bytes);
  return readRoster(file);
};

test('a roster in Windows-1252 is one usage error with the line', () => {
  expect(() => read(Buffer.from(roster, 'latin1'))).toThrow(
    expect.objectContaining({
      exitCode: EXIT.usage,
      message: expect.stringContaining('Line 3 of the roster'),
      cure: expect.stringContaining('save the file as UTF-8'),
    }),
  );
});

test.each([
  ['with a byte order mark', Buffer.from(`\ufeff${roster}`, 'utf16le')],
  ['without one', Buffer.from(roster, 'utf16le')],
])('a roster in UTF-16 %s is a usage error of line 1', (_, bytes) => {
  expect(() => read(bytes)).toThrow('Line 1 of the roster');
});

test.each([
  ['with a byte order mark', `\ufeff${roster}`],
  ['without one', roster],
])('a roster in UTF-8 %s keeps its names', (_, text) => {
  expect(read(Buffer.from(text)).students.map(({ name }) => name)).toEqual(['Zoë', 's02']);
});
