import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import {
  checkpointFile,
  checkpointsOf,
  REPLACED,
  SAVING,
  sizeOf,
} from '../../../../../provider/local/checkpoint/files';
import { settleSave } from '../../../../../provider/local/checkpoint/save';

const LAB = 'local-s01';
let place: string;

beforeEach(() => {
  place = fs.mkdtempSync(path.join(os.tmpdir(), 'hardway-checkpoints-'));
  process.env.HARDWAY_CLOUD = place;
});

afterEach(() => {
  delete process.env.HARDWAY_CLOUD;
  fs.rmSync(place, { recursive: true });
});

/** Creates a part of a save on the disk; without `content`, a part of a killed save. */
function write(name: string, content?: { label: string; saved: string }): void {
  fs.mkdirSync(checkpointFile(LAB, name, 'nodes'), { recursive: true });
  if (!content) return;
  fs.writeFileSync(checkpointFile(LAB, name, 'manifest.json'), JSON.stringify(content));
}

const OLD = { label: 'one', saved: '2026-01-01' };
const NEW = { label: 'one', saved: '2026-01-02' };
const found = (): string[] => checkpointsOf(LAB).map(({ saved }) => saved);
const names = (): string[] =>
  fs.existsSync(checkpointFile(LAB)) ? fs.readdirSync(checkpointFile(LAB)) : [];

describe('settleSave after a kill', () => {
  test('removes a save without a manifest and keeps the old checkpoint', () => {
    write('one', OLD);
    write(SAVING);
    settleSave(LAB);
    expect([found(), names()]).toEqual([[OLD.saved], ['one']]);
  });

  test('publishes a complete save and removes the checkpoint that it replaces', () => {
    write('one', OLD);
    write(SAVING, NEW);
    settleSave(LAB);
    expect([found(), names()]).toEqual([[NEW.saved], ['one']]);
  });

  test('publishes a complete save after the old checkpoint was set aside', () => {
    write(REPLACED, OLD);
    write(SAVING, NEW);
    settleSave(LAB);
    expect([found(), names()]).toEqual([[NEW.saved], ['one']]);
  });

  test('removes a checkpoint after a killed deletion', () => {
    write(REPLACED, OLD);
    settleSave(LAB);
    expect(names()).toEqual([]);
  });

  test('leaves no directory of a lab without checkpoints', () => {
    write(SAVING);
    settleSave(LAB);
    expect(fs.existsSync(checkpointFile(LAB))).toBe(false);
  });
});

test('checkpointsOf lists the oldest first, without unfinished saves', () => {
  write('b', { label: 'b', saved: '2026-01-01' });
  write('a', { label: 'a', saved: '2026-01-02' });
  write(SAVING, NEW);
  expect(checkpointsOf(LAB).map(({ label }) => label)).toEqual(['b', 'a']);
});

test('sizeOf counts the blocks of sparse files only', () => {
  fs.writeFileSync(path.join(place, 'sparse'), '');
  fs.truncateSync(path.join(place, 'sparse'), 64 * 2 ** 20);
  fs.mkdirSync(path.join(place, 'below'));
  fs.writeFileSync(path.join(place, 'below/file'), 'x'.repeat(10_000));
  const { bytes, files } = sizeOf(place);
  expect(files).toBe(3);
  expect(bytes).toBeLessThan(1_000_000);
});
