const path = require('node:path');
const { default: Sequencer } = require('@jest/test-sequencer');
const { alone, seconds } = require('./integration-schedule.json');

const isIntegration = ({ context }) => context.config.displayName?.name === 'integration';

/** Returns a number that is greater for a test file that starts earlier. */
function priority({ path: file }) {
  const name = path.basename(file, '.test.ts');
  if (alone.includes(name)) return -1 / (seconds[name] ?? 1);
  return seconds[name] ?? 0;
}

/**
 * Starts the longest integration tests first, so that both processors are busy until the end. The
 * files that need the host alone come last. The seconds in integration-schedule.json are rough.
 */
module.exports = class LongestFirst extends Sequencer {
  sort(tests) {
    const integration = tests.filter(isIntegration);
    const others = tests.filter((test) => !isIntegration(test));
    integration.sort((one, other) => priority(other) - priority(one));
    return [...integration, ...super.sort(others)];
  }
};
