/**
 * Owns what surrounds each suite: Node.js, without what jest-circus leaves behind.
 * Invariant: a promise costs a suite no more for the suites that ran before it. In Node.js 20 every AsyncLocalStorage that
 * was used once makes all promises of the process dearer until it is disabled; jest-circus 30.5 uses one in each suite.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { TestEnvironment } from 'jest-environment-node';

const used = new Set<AsyncLocalStorage<unknown>>();
const { run } = AsyncLocalStorage.prototype;
AsyncLocalStorage.prototype.run = function (this: AsyncLocalStorage<unknown>, ...args: unknown[]) {
  used.add(this);
  return run.apply(this, args as Parameters<typeof run>);
};

export default class SuiteEnvironment extends TestEnvironment {
  override async teardown(): Promise<void> {
    await super.teardown();
    for (const storage of used) storage.disable();
    used.clear();
  }
}
