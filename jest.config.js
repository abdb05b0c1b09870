// Two projects: `unit` needs nothing and takes seconds; `integration` is a real lab on this machine, as root.
const common = {
  testEnvironment: 'node',
  transform: { '\\.[jt]s$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2022', transform: { useDefineForClassFields: false } }, module: { type: 'commonjs' } }] },
  // Published as ES modules only.
  transformIgnorePatterns: ['/node_modules/(?!(listr2|@listr2|cli-truncate|string-width|wrap-ansi|log-update|slice-ansi|strip-ansi|ansi-regex|ansi-styles|ansi-escapes|get-east-asian-width|is-fullwidth-code-point|cli-cursor|restore-cursor|onetime|mimic-function|environment|eventemitter3|rfdc)/)'],
};

module.exports = {
  projects: [
    { ...common, displayName: 'unit', testMatch: ['<rootDir>/test/unit/**/*.test.ts'] },
    { ...common, displayName: 'integration', testMatch: ['<rootDir>/test/integration/**/*.test.ts'] },
  ],
};
