/** Owns a route beside the example's, on which Kong passes bodies on as they come. */
import { parse, stringify } from 'yaml';

export const UNBUFFERED_PATH = '/unbuffered';

interface Declarative {
  services: { name: string; routes: object[] }[];
}

/** The declarative configuration with that route on its first Service. */
export function withUnbufferedRoute(declarative: string): string {
  const config = parse(declarative) as Declarative;
  config.services[0]?.routes.push({
    ...{ name: 'unbuffered', paths: [UNBUFFERED_PATH], strip_path: true },
    request_buffering: false,
  });
  return stringify(config);
}
