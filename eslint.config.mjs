import { createNodeResolver, importX } from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

/** The layers, lowest first. A file imports its own layer and lower ones. Folders of one layer share a row. */
const LAYERS = [
  ['util'],
  ['web'],
  ['toolchain'],
  ['provider'],
  ['command-plugin'],
  ['components', 'index.ts'],
  ['checks'],
  ['walk', 'tour'],
  ['cli'],
  ['bench', 'test', 'rehearsal'],
];

const paths = (layers) => layers.flat().map((name) => `./${name}`);

/** For each layer, the layers above it. */
const zones = LAYERS.slice(0, -1).map((layer, index) => ({
  target: paths([layer]),
  from: paths(LAYERS.slice(index + 1)),
  message: 'Layers point one way: see "Folders and layers" in docs/architecture.md.',
}));

/**
 * Folders that other folders use through their index.ts only. The rest has none, or an index that
 * loads an SDK: see "Folders and layers" in docs/architecture.md.
 */
const CLOSED = [
  'checks',
  'checks/access',
  'cli/classroom/cards',
  'cli/classroom/roster',
  'cli/engine',
  'components/bootstrap',
  'components/config',
  'provider/lab-id',
  'provider/local',
  'provider/reachable',
  'provider/resources',
  'provider/time',
  'toolchain',
  'tour',
];

/** Globs of all files outside a folder, for example `./!(checks)/**` for `checks`. */
function outside(folder) {
  const names = folder.split('/');
  return names.map((name, depth) => {
    const parent = ['.', ...names.slice(0, depth)].join('/');
    // Tests, benchmarks and the rehearsal of clouds also use the files behind an index.
    return `${parent}/${depth === 0 ? `!(${name}|test|bench|rehearsal)` : `!(${name})`}/**/*`;
  });
}

const closedZones = CLOSED.map((folder) => ({
  target: outside(folder),
  from: `./${folder}`,
  except: ['./index.ts'],
  message: `Import from ${folder}/index.ts: see "Folders and layers" in docs/architecture.md.`,
}));

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', 'coverage/'] },
  ...tseslint.configs.recommended,
  {
    plugins: { 'import-x': importX },
    settings: {
      'import-x/resolver-next': [createNodeResolver({ extensions: ['.ts', '.js', '.json'] })],
      'import-x/parsers': { '@typescript-eslint/parser': ['.ts'] },
    },
    rules: {
      '@typescript-eslint/no-explicit-any': 'off',
      // Modules that load slowly are required where they are used.
      '@typescript-eslint/no-require-imports': 'off',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_' },
      ],
      'import-x/no-cycle': 'error',
      'import-x/no-restricted-paths': ['error', { zones: [...zones, ...closedZones] }],
      'max-lines-per-function': ['error', { max: 65, skipBlankLines: true, skipComments: true }],
      'no-nested-ternary': 'error',
      'prefer-const': 'error',
      eqeqeq: 'error',
    },
  },
  {
    // A `describe` holds all tests of its unit.
    files: ['test/**'],
    rules: { 'max-lines-per-function': 'off' },
  },
);
