const path = require('node:path');

/** Prints the time of each integration test file, longest first, above the summary of the run. */
module.exports = class FileTimes {
  onRunComplete(_contexts, { testResults }) {
    const files = testResults.filter(({ displayName }) => displayName?.name === 'integration');
    if (files.length < 2) return;
    const rows = files
      .map(({ testFilePath, perfStats }) => [perfStats.runtime / 1000, testFilePath])
      .sort(([one], [other]) => other - one)
      .map(([time, file]) => `${time.toFixed(1).padStart(8)}  ${path.basename(file, '.test.ts')}`);
    process.stderr.write(`\nSeconds of each test file\n${rows.join('\n')}\n`);
  }
};
