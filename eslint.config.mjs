/**
 * Owns the lint rules: typescript-eslint's strict typed rules, and who may import whom.
 * Invariant: core ← registry ← plugin, sidecar, injector, cli; core ← load ← cli; siblings never import each other; the
 * harness may import all; the example runtime imports nothing of the project.
 */
import js from '@eslint/js';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

const FOLDERS = [
  'core',
  'registry',
  'load',
  'plugin',
  'sidecar',
  'cli',
  'injector',
  'harness',
  'bench',
  'example',
  'test',
];

/** What files of a folder may import of the others. */
const MAY_IMPORT = {
  core: [],
  registry: ['core'],
  load: ['core'],
  plugin: ['core', 'registry'],
  sidecar: ['core', 'registry'],
  cli: ['core', 'registry', 'load'],
  injector: ['core', 'registry'],
  'example/rt': [],
};

function boundary([folder, allowed]) {
  const own = folder.split('/')[0];
  const forbidden = FOLDERS.filter((other) => other !== own && !allowed.includes(other));
  const others = allowed.length === 0 ? 'nothing else of the project' : allowed.join(' and ');
  const patterns = [
    { regex: `^(\\.\\./)+(${forbidden.join('|')})(/|$)`, message: `${folder} imports ${others}.` },
  ];
  if (folder === 'core') {
    patterns.push({ regex: '^node:', message: 'core is pure: no I/O, no timers, no process.' });
  }
  return {
    files: [`${folder}/**/*.ts`],
    rules: { '@typescript-eslint/no-restricted-imports': ['error', { patterns }] },
  };
}

export default defineConfig(
  { ignores: ['dist/', 'coverage/', '.run/'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      // Numbers and booleans print as one expects.
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true, allowNullish: false },
      ],
      // `(x) => list.push(x)` as a callback is no confusion.
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { varsIgnorePattern: '^_', argsIgnorePattern: '^_' },
      ],
      // It takes a field for unchanged across an await.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      eqeqeq: 'error',
    },
  },
  ...Object.entries(MAY_IMPORT).map(boundary),
  {
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    // Kubernetes' generated classes are the shapes of JSON that the API server sends and takes.
    files: ['injector/**/*.ts', 'test/injector/**/*.ts', 'test/k8s/**/*.ts'],
    rules: { '@typescript-eslint/no-unsafe-class-instance-assignment': 'off' },
  },
  {
    // Time comes through the Clock, so that the simulation can turn it.
    files: ['core/**/*.ts'],
    ignores: ['core/clock.ts'],
    rules: {
      'no-restricted-globals': [
        'error',
        'process',
        'setTimeout',
        'setInterval',
        'setImmediate',
        'Date',
      ],
    },
  },
  {
    // Only entry files read the environment.
    files: [
      'core/**/*.ts',
      'registry/**/*.ts',
      'load/**/*.ts',
      'plugin/**/*.ts',
      'sidecar/**/*.ts',
      'injector/**/*.ts',
      'cli/**/*.ts',
    ],
    ignores: ['**/main.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'Only main.ts reads the environment.' },
      ],
    },
  },
  {
    files: ['**/*.js'],
    languageOptions: {
      sourceType: 'commonjs',
      globals: {
        module: 'writable',
        require: 'readonly',
        __dirname: 'readonly',
        process: 'readonly',
        console: 'readonly',
      },
    },
  },
);
