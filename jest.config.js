// Three projects: `unit` needs nothing and takes seconds; `integration` is a real lab on this machine, as root; `endurance`
// is the part of it that takes longest: forty kills, a full disk, a fault for every check. `npm test` leaves that one out
// until it was seen to pass whole, several times, on a machine with nothing else to do.
const ENDURANCE = '/test/integration/(kill|disk|faults)\\.test\\.ts$';

const common = {
  testEnvironment: 'node',
  transform: { '\\.[jt]s$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2022', transform: { useDefineForClassFields: false } }, module: { type: 'commonjs' } }] },
};

module.exports = {
  projects: [
    { ...common, displayName: 'unit', testMatch: ['<rootDir>/test/unit/**/*.test.ts'] },
    { ...common, displayName: 'integration', testMatch: ['<rootDir>/test/integration/**/*.test.ts'], testPathIgnorePatterns: ['/node_modules/', ENDURANCE] },
    { ...common, displayName: 'endurance', testRegex: [ENDURANCE] },
  ],
};
