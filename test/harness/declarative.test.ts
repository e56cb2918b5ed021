/** The gateways run on the repository's own kong.yml. */
import { parse } from 'yaml';
import { makeDeclarative, readKongYml, type KongYml } from '../../harness/declarative';

const make = (options: Partial<Parameters<typeof makeDeclarative>[0]> = {}): KongYml =>
  parse(makeDeclarative({ service: '127.3.0.1:8080', ...options })) as KongYml;

test('without options only the address differs from kong.yml', () => {
  const config = make();
  expect(config.upstreams[0].targets).toEqual([{ target: '127.3.0.1:8080' }]);
  config.upstreams[0].targets = readKongYml().upstreams[0].targets;
  expect(config).toEqual(readKongYml());
});

test('options change what they name', () => {
  const config = make({ https: true, retries: 0, requestBuffering: false, drain: { tries: 1 } });
  const [service] = config.services;
  expect(service).toMatchObject({ protocol: 'https', retries: 0 });
  expect(service.routes[0].request_buffering).toBe(false);
  expect(service.plugins?.[0]?.config).toEqual({ pool: 'rt', tries: 1 });
});

test('plain has neither our plugins nor the sync route, and the same Service', () => {
  const config = make({ plain: true });
  expect(JSON.stringify(config)).not.toContain('drain');
  const { plugins: _, ...service } = readKongYml().services[0];
  expect(config.services).toEqual([service]);
});
