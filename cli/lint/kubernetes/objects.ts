/** Owns the reading of Services, PodDisruptionBudgets and HorizontalPodAutoscalers. */
import type { Autoscaler, Budget, Service } from '../model';
import { booleanField, intOrStringField, numberField, stringField } from '../yaml/field';
import type { Resource } from './resources';
import { readSelector } from './selectors';

export function readService({ name, namespace, at }: Resource): Service {
  const spec = at.at('spec');
  const selector = spec.at('selector');
  return {
    name,
    namespace,
    at,
    annotations: at.at('metadata', 'annotations').strings(),
    selector: selector.entries().length > 0 ? selector.strings() : undefined,
    clusterIP: stringField(spec.at('clusterIP')),
    sessionAffinity: stringField(spec.at('sessionAffinity')),
    publishNotReady: booleanField(spec.at('publishNotReadyAddresses')),
    ports: spec
      .at('ports')
      .items()
      .map((port) => ({ targetPort: intOrStringField(port.at('targetPort')) })),
  };
}

export function readBudget({ name, namespace, at }: Resource): Budget {
  const spec = at.at('spec');
  return {
    name,
    namespace,
    at,
    apiVersion: stringField(at.at('apiVersion')),
    selector: readSelector(spec.at('selector')),
    minAvailable: intOrStringField(spec.at('minAvailable')),
    maxUnavailable: intOrStringField(spec.at('maxUnavailable')),
  };
}

export function readAutoscaler({ name, namespace, at }: Resource): Autoscaler {
  const spec = at.at('spec');
  return {
    name,
    namespace,
    at,
    apiVersion: stringField(at.at('apiVersion')),
    target: {
      kind: spec.at('scaleTargetRef', 'kind').string() ?? '',
      name: spec.at('scaleTargetRef', 'name').string() ?? '',
    },
    minReplicas: numberField(spec.at('minReplicas')),
    scaleDown: spec.at('behavior', 'scaleDown'),
  };
}
