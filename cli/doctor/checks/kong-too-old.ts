import type { Check } from '../check';

/** kong.service.set_target_retry_callback is there from 3.8.0 (Kong's PDK, changelog). */
const RETRIES_FROM: Version = [3, 8];
const OLDEST: Version = [3, 4];

export const kongTooOld: Check = {
  id: 'kong-too-old',
  severity: 'error',
  title: 'Kong is new enough',
  needs: 'kongs',
  find: ({ kongs }) =>
    kongs.flatMap(({ url, version }) => {
      const read = version === undefined ? undefined : versionOf(version);
      if (!read || !isOlder(read, RETRIES_FROM)) return [];
      const message = isOlder(read, OLDEST)
        ? `Kong ${version ?? ''} is older than 3.4, which kong-drain was never run on.`
        : `Kong ${version ?? ''} cannot ask for another target: a refused try goes to the same pod again and again.`;
      return [{ subject: url, message, fix: 'Take Kong 3.8 or newer (tested: 3.9).' }];
    }),
};

type Version = readonly [major: number, minor: number];

function versionOf(text: string): Version {
  const [major = 0, minor = 0] = text.split('.').map(Number);
  return [major, minor];
}

function isOlder(a: Version, b: Version): boolean {
  return a[0] < b[0] || (a[0] === b[0] && a[1] < b[1]);
}
