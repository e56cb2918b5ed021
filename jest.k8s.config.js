/** The tests on a real cluster: `npm run e2e:k8s`. What they need and do: test/k8s/support/settings.ts. */
module.exports = {
  ...require('./jest.config.js'),
  testMatch: ['<rootDir>/test/k8s/**/*.k8s.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 180000,
  // One cluster, one example: the scenarios take turns.
  maxWorkers: 1,
  testSequencer: '<rootDir>/test/k8s/support/sequencer.js',
  globalSetup: '<rootDir>/test/k8s/support/before-all.ts',
  globalTeardown: '<rootDir>/test/k8s/support/after-all.ts',
};
