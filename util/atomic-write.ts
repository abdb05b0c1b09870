import * as fs from 'node:fs';

/**
 * Writes a file in one step: a reader sees the old content or the new content, never a part.
 * The content is first written to `FILE.PID` beside the file and then renamed. `mode` sets the
 * permissions, default 0644. Throws the error of the file system; the file is unchanged then.
 */
export function writeAtomically(file: string, content: string | Buffer, mode = 0o644): void {
  const partial = `${file}.${process.pid}`;
  try {
    fs.writeFileSync(partial, content, { mode });
    fs.renameSync(partial, file);
  } catch (error) {
    fs.rmSync(partial, { force: true });
    throw error;
  }
}

/**
 * Writes a file as `writeAtomically` does, but only if its content differs. An unchanged file keeps
 * its time and its mode.
 */
export function updateAtomically(file: string, content: string): void {
  if (fs.existsSync(file) && fs.readFileSync(file, 'utf8') === content) return;
  writeAtomically(file, content);
}

/**
 * Creates a file in one step unless it exists. Of several processes that create it at once, one
 * succeeds, and all read the same content.
 */
export function createAtomically(file: string, content: string, mode: number): void {
  const partial = `${file}.${process.pid}`;
  fs.writeFileSync(partial, content, { mode });
  try {
    // Unlike a rename, a hard link does not replace an existing file.
    fs.linkSync(partial, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    fs.rmSync(partial);
  }
}
