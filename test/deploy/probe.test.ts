/** deploy/probe.yaml, by which a user sees that pods get their sidecar, is itself a pod that gets one. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { V1Pod } from '@kubernetes/client-node';
import { parse } from 'yaml';
import { repositoryRoot } from '../../harness/repository';
import { inject } from '../../injector/inject/inject';
import { settings } from '../injector/pods';
import { schemaErrors, type KubeObject } from './api-schema';
import { restrictedProblems } from './restricted';

const text = readFileSync(path.join(repositoryRoot, 'deploy/probe.yaml'), 'utf8');

test('the probe is injected, wherever the API takes it', () => {
  const probe = parse(text) as V1Pod;
  expect(inject(probe, settings, 'token')).toMatchObject({ kind: 'injected', warnings: [] });
  expect(restrictedProblems(probe.spec!)).toEqual([]);
  const named = text.replace('generateName: kong-drain-probe-', 'name: probe');
  expect(schemaErrors(parse(named) as KubeObject)).toEqual([]);
});
