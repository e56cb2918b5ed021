/** Owns what the tests read out of built objects: workloads, their pods and containers. */
import type { V1Container, V1PodTemplateSpec } from '@kubernetes/client-node';
import type { KubeObject } from './api-schema';

const WORKLOADS = ['Deployment', 'StatefulSet', 'DaemonSet'];

interface Workload extends KubeObject {
  readonly spec: { readonly template: V1PodTemplateSpec };
}

export interface PodOf {
  readonly workload: KubeObject;
  readonly template: V1PodTemplateSpec;
  readonly containers: readonly V1Container[];
}

export function podsOf(objects: readonly KubeObject[]): PodOf[] {
  return objects
    .filter(({ kind }) => WORKLOADS.includes(kind))
    .map((object) => {
      const { template } = (object as Workload).spec;
      const { initContainers = [], containers = [] } = template.spec ?? {};
      return { workload: object, template, containers: [...initContainers, ...containers] };
    });
}

/** The object of that kind and name. Throws where there is none. */
export function find(objects: readonly KubeObject[], kind: string, name: string): KubeObject {
  const found = objects.find((object) => object.kind === kind && object.metadata.name === name);
  if (!found) throw new Error(`no ${kind} ${name}`);
  return found;
}

/** The named container of the workload. Throws where there is none. */
export function containerOf(objects: readonly KubeObject[], workload: string, name: string) {
  const pod = podsOf(objects).find((one) => one.workload.metadata.name === workload);
  const container = pod?.containers.find((one) => one.name === name);
  if (!container) throw new Error(`${workload} has no container ${name}`);
  return container;
}

/** Its environment; what comes from the pod or from a Secret has no value here. */
export function envOf({ env = [] }: V1Container): Record<string, string | undefined> {
  return Object.fromEntries(env.map(({ name, value }) => [name, value]));
}
