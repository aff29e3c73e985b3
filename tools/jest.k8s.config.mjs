// The tests of the Kubernetes chart, which `npm run test:k8s` gives the programs and the cluster that they need.
import everyday from './jest.config.mjs';

export default {
  ...everyday,
  testMatch: ['**/*.k8s.test.ts'],
  testPathIgnorePatterns: everyday.testPathIgnorePatterns.filter((pattern) => !pattern.includes('k8s')),
  // They share the cluster's nodes, and one of them drains those.
  maxWorkers: 1,
  testTimeout: 120_000,
};
