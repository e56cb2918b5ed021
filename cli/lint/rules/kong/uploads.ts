import { set } from '../../fix/change';
import type { Cursor } from '../../yaml/cursor';
import type { Rule } from '../../rule';
import { KONG, SEEN } from '../../sources-of-facts';
import { kong, kongFile } from '../examples';

const UNIT_MB: Readonly<Record<string, number>> = {
  megabytes: 1_048_576 / 1_000_000,
  kilobytes: 1024 / 1_000_000,
  bytes: 1 / 1_000_000,
};

const limit = (size: number): string =>
  `plugins:\n  - name: request-size-limiting\n    config: { allowed_payload_size: ${size} }`;

export const kongBodyLimit: Rule = {
  id: 'kong-body-limit',
  severity: 'error',
  title: 'Kong refuses bodies as large as the uploads',
  why: 'The plugin request-size-limiting answers 413 to a body above allowed_payload_size.',
  source: KONG.sizeLimit,
  more: 'Uploads are as large as `--upload-mb` says (50).',
  bad: kongFile(kong(limit(8))),
  good: kongFile(kong(limit(128))),
  check: ({ kong: { plugins } }, settings) =>
    plugins
      .filter(({ name, enabled }) => name === 'request-size-limiting' && enabled)
      .flatMap(({ config }) => {
        const size = config.at('allowed_payload_size');
        const unit = config.at('size_unit').string() ?? 'megabytes';
        const mb = (size.number() ?? 128) * (UNIT_MB[unit] ?? 1);
        if (mb >= settings.uploadMb) return [];
        return [
          {
            at: size,
            what: `Plugin request-size-limiting allows ${size.number() ?? 128} ${unit}, uploads have ${settings.uploadMb} MB`,
            changes: [set(size, Math.ceil(settings.uploadMb / (UNIT_MB[unit] ?? 1)))],
          },
        ];
      }),
};

export const kongUnbuffered: Rule = {
  id: 'kong-request-buffering-off',
  severity: 'warning',
  title: 'Uploads are streamed to the pod',
  why: 'With request_buffering false an upload belongs to one pod from its first byte to its last: a drain has to wait for slow clients, and a failed pod cuts it without a second try.',
  source: SEEN.kong,
  bad: kongFile(
    kong().replace('        paths: [/]', '        paths: [/]\n        request_buffering: false'),
  ),
  good: kongFile(kong()),
  check: ({ kong: { routes } }) =>
    routes
      .filter(({ requestBuffering }) => requestBuffering.value === false)
      .map(({ title, requestBuffering: { at } }) => ({
        at,
        what: `Kong ${title}: request_buffering is false`,
        changes: [set(at, isAnnotation(at) ? 'true' : true)],
      })),
};

function isAnnotation(at: Cursor): boolean {
  return at.path.includes('annotations');
}
