import { set } from '../../fix/change';
import type { Model, Service } from '../../model';
import type { Rule } from '../../rule';
import { KUBERNETES, SEEN } from '../../sources-of-facts';
import { documents, kong, rtFile, runtime, service } from '../examples';

const behindKong = ({ kong: { services } }: Model, service: Service): boolean =>
  services.some(({ leadsTo }) => leadsTo.includes(service));

export const serviceClientIp: Rule = {
  id: 'service-client-ip-affinity',
  severity: 'warning',
  title: 'Session affinity by client IP behind a proxy',
  why: 'Behind Kong or any NAT all requests come from few addresses, so ClientIP sends them all to one pod, and keeps them there while it drains.',
  source: KUBERNETES.virtualIps,
  fixes: 'where a Kong Service among the files leads to it',
  bad: rtFile(documents(runtime({}), service('sessionAffinity: ClientIP'))),
  good: rtFile(documents(runtime({}), service('sessionAffinity: None'))),
  check: (model: Model) =>
    model.services
      .filter(({ sessionAffinity }) => sessionAffinity.value === 'ClientIP')
      .map((one) => ({
        at: one.sessionAffinity.at,
        what: `Service ${one.name}: sessionAffinity is ClientIP`,
        changes: [set(one.sessionAffinity.at, 'None')],
        certain: behindKong(model, one),
      })),
};

export const servicePublishesNotReady: Rule = {
  id: 'service-publishes-not-ready',
  severity: 'error',
  title: 'A Service that sends requests to pods that are not ready',
  why: 'With publishNotReadyAddresses a pod gets requests before its readiness probe has passed and after it has failed.',
  source: KUBERNETES.service,
  more: 'A headless Service that no Kong Service names is left alone: peers of a StatefulSet find each other by one.',
  fixes: 'where a Kong Service among the files leads to it',
  bad: rtFile(documents(runtime({}), service('publishNotReadyAddresses: true'))),
  good: rtFile(documents(runtime({}), service())),
  check: (model: Model) =>
    model.services
      .filter(({ publishNotReady }) => publishNotReady.value === true)
      .filter((one) => one.clusterIP.value !== 'None' || behindKong(model, one))
      .map((one) => ({
        at: one.publishNotReady.at,
        what: `Service ${one.name}: publishNotReadyAddresses is true`,
        changes: [set(one.publishNotReady.at, false)],
        certain: behindKong(model, one),
      })),
};

export const kongHeadless: Rule = {
  id: 'kong-headless-service',
  severity: 'warning',
  title: 'Kong resolves the pods by DNS',
  why: 'With a headless Service Kong keeps the addresses of pods that are gone for as long as its DNS cache does: 1,040 of 10,000 GETs failed in three rollouts.',
  source: SEEN.kong,
  bad: {
    'rt.yaml': documents(runtime({}), service('clusterIP: None')),
    'kong.yml': kong('', '', 'rt.default.svc'),
  },
  good: {
    'rt.yaml': documents(runtime({}), service()),
    'kong.yml': kong('', '', 'rt.default.svc'),
  },
  check: (model: Model) =>
    model.services
      .filter(({ clusterIP }) => clusterIP.value === 'None')
      .filter((one) => behindKong(model, one))
      .map(({ name, clusterIP }) => ({
        at: clusterIP.at,
        what: `Service ${name}: is headless, and Kong leads to it`,
        snippet: 'spec:\n  # no clusterIP: Kubernetes gives it one\n  type: ClusterIP',
      })),
};
