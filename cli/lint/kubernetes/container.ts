/** Owns the reading of one container of a pod template. */
import type { Cursor } from '../yaml/cursor';
import { numberField, stringField } from '../yaml/field';
import { httpCall, readHook } from './hook';
import type { Container, Probe } from './pod-model';

export function readContainer(at: Cursor): Container {
  const env = at
    .at('env')
    .items()
    .flatMap((item) => {
      const name = item.at('name').string();
      return name === undefined ? [] : [[name, stringField(item.at('value'))] as const];
    });
  return {
    name: at.at('name').string() ?? '',
    at,
    image: at.at('image').string() ?? '',
    command: at.at('command'),
    args: at.at('args'),
    ports: at
      .at('ports')
      .items()
      .map((port) => ({
        name: port.at('name').string(),
        number: port.at('containerPort').number(),
      })),
    env: new Map(env),
    readiness: readProbe(at.at('readinessProbe')),
    liveness: readProbe(at.at('livenessProbe')),
    startup: readProbe(at.at('startupProbe')),
    preStop: readHook(at.at('lifecycle', 'preStop')),
  };
}

function readProbe(at: Cursor): Probe | undefined {
  if (!at.present) return undefined;
  const http = httpCall(at.at('httpGet'));
  const grpcOrTcp = at.at('tcpSocket', 'port').scalar() ?? at.at('grpc', 'port').scalar();
  const asks =
    http !== undefined
      ? `${http.port.value ?? ''}${http.path}`
      : `${grpcOrTcp ?? ''}${at.at('exec', 'command').words().join(' ')}`;
  return {
    at,
    http,
    asks,
    initialDelay: numberField(at.at('initialDelaySeconds')),
    period: numberField(at.at('periodSeconds')),
    timeout: numberField(at.at('timeoutSeconds')),
    failures: numberField(at.at('failureThreshold')),
  };
}
