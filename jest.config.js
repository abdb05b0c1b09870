// Two projects: `unit` needs nothing and takes about a minute; `integration` creates real labs on this host, as root.

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
  projects: [
    {
      ...common,
      displayName: 'unit',
      // A busy host needs more than jest's 5 s for tests that start a process.
      testTimeout: 30_000,
      setupFiles: ['<rootDir>/test/support/own-host.ts'],
      testMatch: ['<rootDir>/test/unit/**/*.test.ts'],
    },
    {
      ...common,
      displayName: 'integration',
      testMatch: ['<rootDir>/test/integration/**/*.test.ts'],
    },
  ],
};
