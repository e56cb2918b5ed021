/** Unit, property and short real-process suites. The long ones are in jest.e2e.config.js. */
module.exports = {
  testEnvironment: '<rootDir>/test/environment.ts',
  transform: {
    '^.+\\.[jt]s$': ['@swc/jest', { jsc: { target: 'es2023' }, module: { type: 'commonjs' } }],
  },
  // @kubernetes/client-node and what it loads are ES modules only.
  transformIgnorePatterns: [
    '/node_modules/(?!(@kubernetes/client-node|openid-client|jose|oauth4webapi)/)',
  ],
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/test/e2e/'],
  testTimeout: 60000,
};
