import type { bringUp } from '../../../cli/actions/up';
import { EXIT } from '../../../cli/errors';
import { parseLab } from '../../../cli/lab/name';
import { parseSettings, writeSettings } from '../../../cli/lab/settings';
import { ownPlaces, typed } from '../../support/typed';

const mockCalls: string[] = [];
jest.mock('../../../cli/actions/prepare', () => ({
  requireCredentials: async () => void mockCalls.push('credentials'),
  prepare: async () => {
    mockCalls.push('prepare');
    return { toolchain: {} };
  },
}));
jest.mock('../../../cli/engine/engine', () => ({ Engine: { open: async () => ({}) } }));
// A lab with a change that destroys its nodes.
jest.mock('../../../cli/actions/up', () => ({
  bringUp: async (...[, , , , , agreement]: Parameters<typeof bringUp>) => {
    await agreement!.toLoss('Everything in the lab is lost.');
    await agreement!.toPrice!();
  },
}));

ownPlaces();
beforeEach(() => void mockCalls.splice(0));

// There is no terminal here, so a command ends at its first question.
test('up of a lab that exists asks about the loss before the price', async () => {
  writeSettings(parseLab('aws-s01'), parseSettings(['adminCidrs=203.0.113.7/32']));
  const { code, printed } = await typed('up aws-s01 --set zone=us-west-2b');
  expect(printed).toMatch(/^Everything in the lab is lost\. Continue\? There is no terminal/);
  expect(printed).not.toContain('an hour');
  expect(code).toBe(EXIT.usage);
  expect(mockCalls).toEqual(['credentials', 'prepare']);
});

test('up of a new lab asks about the price before it prepares the host', async () => {
  const { code, printed } = await typed('up aws-s02 --set adminCidrs=203.0.113.7/32');
  expect(printed).toMatch(/^Lab aws-s02: 6 nodes in AWS, about \$\d/);
  expect(code).toBe(EXIT.usage);
  expect(mockCalls).toEqual(['credentials']);
});
