import { Linter } from '../../lint/lint-files';
import { RULES } from '../../lint/rules/catalogue';
import { DEFAULTS } from '../../lint/settings';
import type { Check } from '../check';

/** Those of lint's rules that a Kong configuration alone can break. */
const OURS = new Set([
  ...['kong-service-ip', 'kong-retries-zero', 'kong-connect-timeout', 'kong-timeout-short'],
  ...['kong-health-checks-fight', 'kong-passive-without-active', 'kong-request-buffering-off'],
  ...['sync-route-missing', 'sync-route-incomplete', 'sync-route-guarded'],
  ...['drain-plugin-missing', 'drain-registry-on-service', 'drain-tries-over-retries'],
]);

export const kongConfig: Check = {
  id: 'kong-config',
  severity: 'error',
  title: 'Kong is configured for retries to other pods',
  needs: 'configs',
  find: ({ configs }) =>
    configs.flatMap(({ source, text, failure }) => {
      if (failure !== undefined) {
        const fix =
          'Give --kong-config a file that this user may read, --kong-admin the Admin API.';
        return [{ subject: source, message: `It cannot be read: ${failure}.`, fix }];
      }
      const rules = RULES.filter(({ id }) => OURS.has(id));
      const linted = new Linter(rules, DEFAULTS).lint([{ file: source, text, format: 'yaml' }]);
      return [
        ...linted.unreadable.map(({ line, message }) => ({
          subject: `${source}:${line ?? 1}`,
          message,
          fix: 'Correct the file: Kong would not take it either.',
        })),
        ...linted.findings.map(({ rule, line, what, fix }) => ({
          subject: `${source}:${line}`,
          message: `${rule.id}: ${what} ${rule.why}`,
          fix,
        })),
      ];
    }),
};
