/**
 * Owns the schemas of the resources that are not Kubernetes' own, as far as the manifests use them.
 * Sources: the CustomResourceDefinitions of Kong's ingress controller 3, cert-manager 1 and the Prometheus operator.
 */
import type { SchemaObject } from 'ajv';

const text = { type: 'string' };
const texts = { type: 'array', items: text };
const metadata = { type: 'object' };

/** An object of these properties and no others; those with `!` are required. */
function shape(properties: Readonly<Record<string, SchemaObject>>): SchemaObject {
  const plain = (name: string): string => name.replace('!', '');
  return {
    type: 'object',
    properties: Object.fromEntries(
      Object.entries(properties).map(([name, schema]) => [plain(name), schema]),
    ),
    required: Object.keys(properties).flatMap((name) => (name.endsWith('!') ? [plain(name)] : [])),
    additionalProperties: false,
  };
}

const resource = (properties: Readonly<Record<string, SchemaObject>>): SchemaObject =>
  shape({ 'apiVersion!': text, 'kind!': text, 'metadata!': metadata, ...properties });

const issuerRef = shape({ 'name!': text, kind: text, group: text });
const selector = shape({ matchLabels: { type: 'object', additionalProperties: text } });
const endpoint = shape({ port: text, path: text, interval: text, scheme: text });

export const customResources: Readonly<Record<string, SchemaObject>> = {
  'configuration.konghq.com/v1 KongPlugin': resource({
    'plugin!': text,
    config: { type: 'object' },
    disabled: { type: 'boolean' },
    instance_name: text,
    protocols: texts,
  }),
  'cert-manager.io/v1 Issuer': resource({
    'spec!': shape({ selfSigned: shape({}), ca: shape({ 'secretName!': text }) }),
  }),
  'cert-manager.io/v1 Certificate': resource({
    'spec!': shape({
      'secretName!': text,
      'issuerRef!': issuerRef,
      commonName: text,
      dnsNames: texts,
      isCA: { type: 'boolean' },
      duration: text,
      renewBefore: text,
      privateKey: shape({ algorithm: text, size: { type: 'integer' }, rotationPolicy: text }),
    }),
  }),
  'monitoring.coreos.com/v1 ServiceMonitor': resource({
    'spec!': shape({ 'selector!': selector, 'endpoints!': { type: 'array', items: endpoint } }),
  }),
  'monitoring.coreos.com/v1 PodMonitor': resource({
    'spec!': shape({
      'selector!': selector,
      namespaceSelector: shape({ any: { type: 'boolean' }, matchNames: texts }),
      podMetricsEndpoints: { type: 'array', items: endpoint },
    }),
  }),
};
