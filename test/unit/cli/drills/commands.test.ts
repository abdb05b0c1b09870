import { classDrill } from '../../../../cli/classroom/drill';
import { parseStart, parseTest } from '../../../../cli/commands/drill';
import { allDrills } from '../../../../cli/drills/loader';
import { begin, readRecord, writeRecord } from '../../../../cli/drills/record';
import { ownPlaces, typed } from '../../../support/typed';

ownPlaces();

describe('the words of ./lab drill', () => {
  test('start takes a drill, for the default lab or a named one', () => {
    expect(parseStart(['wrong-turn'])).toMatchObject({
      lab: { stack: 'local' },
      drill: { name: 'wrong-turn' },
    });
    expect(parseStart(['s01', 'wrong-turn'])).toMatchObject({ lab: { stack: 'local-s01' } });
  });

  test.each([
    ['drill start', 'Missing drill.\nTo do: ./lab drill list'],
    [
      'drill start wrong-trun',
      'There is no drill "wrong-trun" (did you mean "wrong-turn"?).\nTo do: ./lab drill list',
    ],
    [
      'drill start aws-s01 wrong-turn',
      'Lab aws-s01 is on AWS; drills are for local labs.\nTo do: ./lab drill list',
    ],
    ['drill hint aws', 'Lab aws is on AWS; drills are for local labs.\nTo do: ./lab drill list'],
    [
      'drill chek',
      'There is no command drill chek (did you mean "check"?).\nTo do: ./lab drill --help lists them',
    ],
  ])('%s is refused with a way on', async (line, printed) => {
    expect(await typed(line)).toEqual({ code: 2, printed });
  });

  test('test takes a lab, drills, both or nothing', () => {
    const names = (words: string[]): string[] => parseTest(words).drills.map(({ name }) => name);
    expect(names(['wrong-turn', 'no-names'])).toEqual(['wrong-turn', 'no-names']);
    expect(parseTest(['s01', 'no-names'])).toMatchObject({ lab: { stack: 'local-s01' } });
    expect(names(['s01'])).toHaveLength(allDrills().length);
    expect(names([])).toHaveLength(allDrills().length);
  });
});

test('the list names every drill and repeats the text of the running one', async () => {
  writeRecord('local', {
    ...begin({ history: [] }, 'wrong-turn', new Date()),
  });
  const { code, printed } = await typed('drill list');
  expect(code).toBe(0);
  expect(allDrills().filter(({ name }) => !printed.includes(`${name} `))).toEqual([]);
  expect(printed).toMatch(
    /wrong-turn +3 +10 min +Packets take the wrong turn +interrupted for 0 min/,
  );
  expect(printed).toContain('I ping a pod of worker-1 from worker-0.');
  expect(printed).not.toContain('leads to worker-0');
  expect(readRecord('local').running).toMatchObject({ drill: 'wrong-turn' });
});

test('a drill for a class is refused for labs in clouds, by their ids', async () => {
  const student = (id: string, cloud: 'local' | 'aws') => ({
    ...{ id, name: id, settings: new Map(), lab: { stack: `${cloud}-${id}`, cloud } },
  });
  const students = [student('s01', 'local'), student('s02', 'aws')];
  const roster = { file: 'students.yaml', students };
  await expect(classDrill(students, 'wrong-turn', { again: 'again', roster })).rejects.toThrow(
    'Drills run on local labs only, and these students have labs in clouds: s02.',
  );
});
