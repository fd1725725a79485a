// @ts-check
import os from 'node:os';

/** @type {import('jest').Config} */
export default {
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  // Compiled files are not searched, and the shadow builds hold a second package.json of the same name.
  modulePathIgnorePatterns: ['<rootDir>/(build|build-[a-z]+|dist|dist-programs|release|bench)/'],
  transform: { '\\.ts$': ['ts-jest', { tsconfig: '<rootDir>/tsconfig.json' }] },
  moduleNameMapper: {
    '^posix-ipc$': '<rootDir>/lib/index.ts',
    '^posix-ipc/syscalls$': '<rootDir>/lib/syscalls.ts',
  },
  // What hangs, not what is slow: a loaded machine or a sanitizer takes many times longer.
  testTimeout: 240_000,
  // Most tests wait for other processes, or for time: three at a time also where there are two CPUs.
  maxWorkers: Math.max(3, os.availableParallelism() - 1),
  watchman: false,
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
};
