// The tests that need real servers, whose addresses are in the environment.
import everyday from './jest.config.mjs';

export default {
  ...everyday,
  testMatch: ['**/*.servers.test.ts'],
  testPathIgnorePatterns: everyday.testPathIgnorePatterns.filter((pattern) => !pattern.includes('servers')),
  // They wait for servers more than they compute.
  maxWorkers: 2,
  testTimeout: 60_000,
  // A test that failed may leave a client that goes on trying for ever.
  forceExit: true,
};
