import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { createAtomically, updateAtomically, writeAtomically } from '../../../util/atomic-write';

let directory: string;
beforeEach(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'hardway-atomic-'));
});
afterEach(() => fs.rmSync(directory, { recursive: true }));

describe('writeAtomically', () => {
  test('replaces the content, sets the mode and leaves no other file', () => {
    const file = path.join(directory, 'file');
    fs.writeFileSync(file, 'old');
    writeAtomically(file, 'new', 0o600);
    expect(fs.readFileSync(file, 'utf8')).toBe('new');
    expect(fs.statSync(file).mode & 0o777).toBe(0o600);
    expect(fs.readdirSync(directory)).toEqual(['file']);
  });

  test('throws and leaves no partial file if the rename fails', () => {
    const target = path.join(directory, 'target');
    fs.mkdirSync(path.join(target, 'content'), { recursive: true });
    expect(() => writeAtomically(target, 'new')).toThrow(/EISDIR|ENOTEMPTY|EEXIST/);
    expect(fs.readdirSync(directory)).toEqual(['target']);
  });
});

describe('updateAtomically', () => {
  test('does not touch a file that has the content already', () => {
    const file = path.join(directory, 'file');
    updateAtomically(file, 'same');
    const before = fs.statSync(file).ino;
    updateAtomically(file, 'same');
    expect(fs.statSync(file).ino).toBe(before);
  });

  test('replaces a file that has other content', () => {
    const file = path.join(directory, 'file');
    updateAtomically(file, 'old');
    updateAtomically(file, 'new');
    expect(fs.readFileSync(file, 'utf8')).toBe('new');
    expect(fs.readdirSync(directory)).toEqual(['file']);
  });
});

describe('createAtomically', () => {
  test('keeps the content of a file that exists, and leaves no other file', () => {
    const file = path.join(directory, 'file');
    createAtomically(file, 'first', 0o600);
    createAtomically(file, 'second', 0o600);
    expect(fs.readFileSync(file, 'utf8')).toBe('first');
    expect(fs.statSync(file).mode & 0o777).toBe(0o600);
    expect(fs.readdirSync(directory)).toEqual(['file']);
  });

  test('throws and leaves no partial file if the file cannot be created', () => {
    const file = path.join(directory, 'missing', 'file');
    expect(() => createAtomically(file, 'first', 0o600)).toThrow(/ENOENT/);
    expect(fs.readdirSync(directory)).toEqual([]);
  });
});
