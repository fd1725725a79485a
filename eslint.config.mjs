// @ts-check
import js from '@eslint/js';
import jest from 'eslint-plugin-jest';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

export default defineConfig(
  globalIgnores(['build/', 'build-*/', 'dist/', 'dist-programs/', 'release/', 'coverage/']),
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  {
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      'max-lines': ['error', { max: 400 }],
      'max-lines-per-function': ['error', { max: 50, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    files: ['lib/**'],
    rules: {
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      'no-restricted-globals': [
        'error',
        { name: 'performance', message: 'Use now() of core/deadline: a test may stop this clock.' },
      ],
    },
  },
  {
    // Checked by tsc: their types and casts come from JSDoc, which these rules do not read.
    files: ['**/*.mjs', '**/*.cjs'],
    rules: {
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      'no-undef': 'off',
    },
  },
  {
    files: ['**/*.cjs'],
    rules: { '@typescript-eslint/no-require-imports': 'off' },
  },
  {
    files: ['test/**/*.test.ts'],
    extends: [jest.configs['flat/recommended']],
    rules: {
      // Helpers that assert are named expect…; a table of operations says what each has to do.
      'jest/expect-expect': ['error', { assertFunctionNames: ['expect*', '**.expect*'] }],
      'jest/no-conditional-expect': 'off',
      'jest/no-standalone-expect': ['error', { additionalTestBlockFunctions: ['testIf'] }],
      // A describe block is as long as its tests.
      'max-lines-per-function': 'off',
    },
  },
  {
    // The fields of an error, compared or printed, are what is wanted.
    files: ['test/**/*.ts'],
    rules: { '@typescript-eslint/no-misused-spread': 'off' },
  },
);
