import type { Check } from '../check';

export const kongUnreachable: Check = {
  id: 'kong-unreachable',
  severity: 'error',
  title: 'Kong answers',
  needs: 'kongs',
  find: ({ kongs }) =>
    kongs.flatMap(({ url, failure }) =>
      failure === undefined
        ? []
        : [
            {
              subject: url,
              message: `No answer: ${failure}.`,
              fix: "Give --kong the address of Kong's proxy listener as this machine reaches it; the plugin server needs the same by DRAIN_SYNC_URL.",
            },
          ],
    ),
};
