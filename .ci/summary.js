/** Prints "N passed, N failed" over the jest results (--json) in a directory. A suite that did not run counts as failed. */
const { readdirSync, readFileSync } = require('node:fs');
const path = require('node:path');

const directory = process.argv[2];
let passed = 0;
let failed = 0;
for (const file of readdirSync(directory)) {
  const result = JSON.parse(readFileSync(path.join(directory, file), 'utf8'));
  passed += result.numPassedTests;
  failed += result.numFailedTests + result.numRuntimeErrorTestSuites;
}
console.log(`${passed} passed, ${failed} failed`);
