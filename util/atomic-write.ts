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
