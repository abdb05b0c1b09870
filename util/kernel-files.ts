import * as fs from 'node:fs';

/**
 * Error codes by which /proc, /sys and control groups say that the process, device or group behind a file no longer exists.
 * ENODEV: the group was removed between opening and reading one of its files. ESRCH: the process ended.
 */
const GONE = ['ENOENT', 'ENODEV', 'ESRCH', 'ENOTDIR'];

function unlessGone<T>(read: () => T, instead: T): T {
  try {
    return read();
  } catch (error) {
    if (GONE.includes((error as NodeJS.ErrnoException).code ?? '')) return instead;
    throw error;
  }
}

/** Reads a file of the kernel as text; `undefined` if what it describes no longer exists. */
export const readKernelFile = (file: string): string | undefined =>
  unlessGone<string | undefined>(() => fs.readFileSync(file, 'utf8'), undefined);

/** Lists a directory of the kernel; empty if it no longer exists. */
export const listKernelDirectory = (directory: string): fs.Dirent[] =>
  unlessGone(() => fs.readdirSync(directory, { withFileTypes: true }), []);

/** Removes a control group's directory; fine if it no longer exists. */
export const removeKernelDirectory = (directory: string): void =>
  unlessGone(() => fs.rmdirSync(directory), undefined);
