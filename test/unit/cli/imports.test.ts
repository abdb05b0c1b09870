import { execFileSync } from 'node:child_process';
import { root } from '../../../util/repo-root';

/** Loads ./lab with all its commands in a new process; returns the files of SDKs that are in memory then. */
function loadedSdks(): string[] {
  const program = `
    require('./bin/run.cjs').load('cli/program.ts');
    const sdks = Object.keys(require.cache).filter((file) =>
      /node_modules[\\\\/]@(pulumi|aws-sdk|googleapis)[\\\\/]/.test(file),
    );
    console.log(JSON.stringify(sdks));
  `;
  return JSON.parse(
    execFileSync(process.execPath, ['-e', program], { cwd: root, encoding: 'utf8' }),
  ) as string[];
}

// The SDK of Pulumi takes half a second of processor time, which every command would pay.
test('./lab starts without the SDK of Pulumi or of a cloud', () => {
  expect(loadedSdks()).toEqual([]);
}, 60_000);
