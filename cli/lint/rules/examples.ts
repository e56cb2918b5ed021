/** Owns the manifests that the rules' examples are made of: the smallest that is real, with the lines that matter. */
import type { Example } from '../rule';

interface Lines {
  readonly replicas?: number;
  /** Lines of the Deployment's spec. */
  readonly spec?: string;
  /** Lines of the pod template's metadata. */
  readonly metadata?: string;
  /** Lines of the pod's spec. */
  readonly pod?: string;
  /** Lines of its only container. */
  readonly container?: string;
}

/** A Deployment `rt` with one container that serves port 8080. */
export function runtime({
  replicas = 2,
  spec = '',
  metadata = '',
  pod = '',
  container = '',
}: Lines): string {
  return lines`
apiVersion: apps/v1
kind: Deployment
metadata:
  name: rt
spec:
  replicas: ${String(replicas)}
  ${spec}
  selector:
    matchLabels: { app: rt }
  template:
    metadata:
      labels: { app: rt }
      ${metadata}
    spec:
      ${pod}
      containers:
        - name: rt
          image: rt:1
          ports: [{ containerPort: 8080 }]
          ${container}
`;
}

/** A Deployment `kong` with Kong's own image. */
export function gateway({ pod = '', container = '' }: Pick<Lines, 'pod' | 'container'>): string {
  return lines`
apiVersion: apps/v1
kind: Deployment
metadata:
  name: kong
spec:
  replicas: 2
  selector:
    matchLabels: { app: kong }
  template:
    metadata:
      labels: { app: kong }
    spec:
      ${pod}
      containers:
        - name: proxy
          image: kong:3.9
          ports: [{ containerPort: 8000 }]
          ${container}
`;
}

/** The Service `rt` before those pods. */
export function service(spec = ''): string {
  return lines`
apiVersion: v1
kind: Service
metadata:
  name: rt
spec:
  selector: { app: rt }
  ${spec}
  ports: [{ port: 8080, targetPort: 8080 }]
`;
}

/** The sidecar of kong-drain as a native one, for the pod's spec. */
export function sidecar(env = ''): string {
  return lines`
initContainers:
  - name: drain
    image: registry.example/kong-drain
    restartPolicy: Always
    env:
      - { name: DRAIN_POOL, value: rt }
      - { name: DRAIN_TARGET, value: '$(POD_IP):8080' }
      ${env}
`;
}

/** The hook that leads to it, for the runtime's container. */
export const hook = `lifecycle:
  preStop:
    httpGet: { path: /drain, port: 8081 }`;

/** A Kong Service \`rt\`, with more lines for it, and for the file. */
export function kong(serviceLines = '', file = '', host = 'rt.upstream'): string {
  return lines`
_format_version: '3.0'
services:
  - name: rt
    host: ${host}
    ${serviceLines}
    routes:
      - name: rt
        paths: [/]
${file}
`;
}

export const rtFile = (text: string): Example => ({ 'rt.yaml': text });

export const kongFile = (text: string): Example => ({ 'kong.yml': text });

export const nginxFile = (text: string): Example => ({ 'nginx.conf': `${text.trim()}\n` });

/** Several objects in one file. */
export function documents(...texts: readonly string[]): string {
  return texts.join('---\n');
}

/** A template in which a value of several lines keeps the indentation of its place; a line left empty goes. */
export function lines(parts: TemplateStringsArray, ...values: readonly string[]): string {
  const text = parts.reduce((done, part, index) => {
    const value = values[index - 1] ?? '';
    const indent = /(?:^|\n)( *)$/.exec(done)?.[1] ?? '';
    return `${done}${value.trim().replace(/\n/g, `\n${indent}`)}${part}`;
  });
  return `${text.replace(/^\s*\n/gm, '').trimEnd()}\n`;
}
