// `unit` needs nothing and takes about a minute. `integration` creates real labs on this host, as root.
// `quick` creates one lab: the part of `integration` for `npm run test:quick`.

const { engines } = require('./package.json');

// @pulumi/pulumi and the tests need a supported version. Without this, some tests fail on others.
const oldest = Number(/\d+/.exec(engines.node)[0]);
if (Number(process.versions.node.split('.')[0]) < oldest) {
  process.stderr.write(
    `The tests need Node.js ${oldest} or later, and this is ${process.versions.node}.\n` +
      'To do: PATH="$(dirname "$(bin/node.sh)"):$PATH" npx jest, or ./lab test\n',
  );
  process.exit(3);
}

const common = {
  testEnvironment: 'node',
  transform: {
    '\\.[jt]s$': [
      '@swc/jest',
      {
        jsc: {
          parser: { syntax: 'typescript' },
          target: 'es2022',
          transform: { useDefineForClassFields: false },
        },
        module: { type: 'commonjs' },
      },
    ],
  },
};

module.exports = {
  // A busy host needs more than jest's 5 s for unit tests that start a process. Jest reads it here alone.
  testTimeout: 30_000,
  testSequencer: '<rootDir>/test/support/longest-first.cjs',
  reporters: ['default', '<rootDir>/test/support/file-times.cjs'],
  projects: [
    {
      ...common,
      displayName: 'unit',
      setupFiles: ['<rootDir>/test/support/own-host.ts'],
      testMatch: ['<rootDir>/test/unit/**/*.test.ts'],
    },
    {
      ...common,
      displayName: 'integration',
      globalSetup: '<rootDir>/test/support/abandoned-labs.ts',
      testEnvironment: '<rootDir>/test/support/host-environment.ts',
      testMatch: ['<rootDir>/test/integration/**/*.test.ts'],
    },
    {
      ...common,
      displayName: 'quick',
      testMatch: ['<rootDir>/test/quick/**/*.test.ts'],
    },
  ],
};
