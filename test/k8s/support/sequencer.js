/** Owns the order of the scenarios: certificates renew in their own time, so theirs is among the last. */
const { default: Sequencer } = require('@jest/test-sequencer');
const path = require('node:path');

const ORDER = [
  'rollouts',
  'eviction',
  'console',
  'scale-in',
  'short-grace',
  'killed-sidecar',
  'killed-in-the-drain',
  'refused-hook',
  'plain-sidecar',
  'redis-down',
  'injector-down',
  // New gateways have other addresses.
  'gateway-rollout',
  'node-drain',
  'certificates',
  'webhook-latency',
];

const place = ({ path: file }) => ORDER.indexOf(path.basename(file, '.k8s.ts'));

module.exports = class extends Sequencer {
  sort(tests) {
    return [...tests].sort((a, b) => place(a) - place(b));
  }
};
