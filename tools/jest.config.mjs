// One configuration for every workspace. Jest runs in the workspace's own folder (or at the root, for single paths).
import { fileURLToPath } from 'node:url';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

export default {
  rootDir: process.cwd(),
  testEnvironment: 'node',
  testMatch: ['**/*.test.ts'],
  // Those that need real servers: jest.servers.config.mjs; those that need Kubernetes' programs: jest.k8s.config.mjs.
  testPathIgnorePatterns: [
    '/node_modules/',
    '/\\.nx/',
    '<rootDir>/tmp/',
    '\\.servers\\.test\\.ts$',
    '\\.k8s\\.test\\.ts$',
  ],
  modulePathIgnorePatterns: ['/\\.nx/', '<rootDir>/tmp/', '<rootDir>/\\.millrace/'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleFileExtensions: ['ts', 'mjs', 'js', 'cjs', 'json', 'node'],
  transform: {
    '\\.ts$': [
      '@swc/jest',
      {
        swcrc: false,
        sourceMaps: 'inline',
        module: { type: 'es6' },
        jsc: {
          target: 'es2024',
          parser: { syntax: 'typescript' },
          transform: { verbatimModuleSyntax: true },
        },
      },
    ],
  },
  reporters: ['default', here('./test/count-reporter.mjs')],
  passWithNoTests: true,
  // nx runs two projects side by side.
  maxWorkers: '50%',
  // Real servers and disks on a busy build machine; a test's own deadlines are shorter.
  testTimeout: 20_000,
};
