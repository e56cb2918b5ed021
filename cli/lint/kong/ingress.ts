/**
 * Owns Kong as its ingress controller sees it: Kubernetes Services with `konghq.com/…` annotations, or behind an Ingress
 * of class kong (Kong docs: Service annotations), and KongPlugin resources.
 */
import type { Resource } from '../kubernetes/resources';
import type { Service } from '../model';
import { type Field, textNumberField } from '../yaml/field';
import type { LoneKongService } from './declarative';
import type { KongPlugin, KongRoute } from './kong-model';

const PREFIX = 'konghq.com/';

export interface AnnotatedService extends LoneKongService {
  readonly service: Service;
}

export function readKongPlugin({ at, kind }: Resource): KongPlugin {
  return {
    name: at.at('plugin').string() ?? '',
    at,
    config: at.at('config'),
    enabled: at.at('disabled').scalar() !== true,
    scope: kind === 'KongClusterPlugin' && isGlobal(at) ? 'global' : 'service',
  };
}

export function readAnnotated(
  services: readonly Service[],
  ingresses: readonly Resource[],
  plugins: readonly Resource[],
): AnnotatedService[] {
  const kongs = ingresses.filter(isKongs);
  return services.flatMap((service) => {
    const routes = kongs.filter(
      (ingress) => ingress.namespace === service.namespace && backends(ingress).has(service.name),
    );
    const annotated = Object.keys(service.annotations).some((key) => key.startsWith(PREFIX));
    if (!annotated && routes.length === 0) return [];
    const pluginsOf = (annotations: Readonly<Record<string, string>>): KongPlugin[] => {
      const named = pluginsNamed(annotations);
      return plugins
        .filter(({ name }) => named.includes(name))
        .filter(
          ({ kind, namespace }) => kind === 'KongClusterPlugin' || namespace === service.namespace,
        )
        .map(readKongPlugin);
    };
    const read = routes.map((route) =>
      readRoute(route, pluginsOf(route.at.at('metadata', 'annotations').strings())),
    );
    return [readService(service, read, pluginsOf(service.annotations))];
  });
}

function readService(
  service: Service,
  routes: KongRoute[],
  plugins: KongPlugin[],
): AnnotatedService {
  const annotations = service.at.at('metadata', 'annotations');
  const number = (key: string, standard: number): Field<number> => {
    const field = textNumberField(annotations.at(`${PREFIX}${key}`));
    return { at: field.at, value: field.value ?? standard };
  };
  return {
    service,
    name: service.name,
    title: `Service ${service.name} (as Kong takes it)`,
    at: service.at,
    annotated: true,
    host: {
      value: `${service.name}.${service.namespace}.svc`,
      at: service.at.at('metadata', 'name'),
    },
    retries: number('retries', 5),
    connectTimeout: number('connect-timeout', 60_000),
    readTimeout: number('read-timeout', 60_000),
    writeTimeout: number('write-timeout', 60_000),
    routes,
    plugins,
  };
}

function readRoute({ at, name }: Resource, plugins: KongPlugin[]): KongRoute {
  const buffering = at.at('metadata', 'annotations', `${PREFIX}request-buffering`);
  const text = buffering.text();
  return {
    title: `Ingress ${name}`,
    at,
    paths: [],
    protocols: ['http', 'https'],
    requestBuffering: { at: buffering, value: text === '' ? undefined : text === 'true' },
    plugins,
    hasService: true,
  };
}

function isKongs({ at }: Resource): boolean {
  const name =
    at.at('spec', 'ingressClassName').string() ??
    at.at('metadata', 'annotations', 'kubernetes.io/ingress.class').string();
  return name?.startsWith('kong') === true;
}

function backends({ at }: Resource): Set<string> {
  const paths = at
    .at('spec', 'rules')
    .items()
    .flatMap((rule) => rule.at('http', 'paths').items());
  const all = [at.at('spec', 'defaultBackend'), ...paths.map((path) => path.at('backend'))];
  return new Set(all.map((backend) => backend.at('service', 'name').string() ?? ''));
}

function pluginsNamed(annotations: Readonly<Record<string, string>>): string[] {
  return (annotations[`${PREFIX}plugins`] ?? '').split(',').map((name) => name.trim());
}

function isGlobal(at: Resource['at']): boolean {
  return at.at('metadata', 'labels', 'global').scalar() === 'true';
}
