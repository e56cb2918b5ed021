/** The end-to-end suites: real processes only. `npm run build` first; on real Kong with KONG_BIN=/opt/kong/bin/kong. */
module.exports = {
  ...require('./jest.config.js'),
  testMatch: ['<rootDir>/test/e2e/**/*.e2e.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 60000,
  // Fleets would take the processor from each other, and with it the bounds that are tested.
  maxWorkers: 1,
  // A failed test may leave a connection open; that must not keep the run, and who waits for its exit code.
  forceExit: true,
};
