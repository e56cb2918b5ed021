/**
 * Owns what stands while the scenarios run: deploy/ and the example in the cluster, two gateways in it or beside it.
 * Invariant: what is not ours is never touched, and what is ours is gone afterwards, also after a failed beginning.
 */
import path from 'node:path';
import { DrainError, messageOf } from '../../../core/errors';
import { assertNoProcessLeaks } from '../../../harness/process-groups';
import { repositoryRoot } from '../../../harness/repository';
import { createRunDir, removeRunDir } from '../../../harness/run-dir';
import { waitFor } from '../../../harness/wait';
import { INJECTED_LABEL, NAMESPACE_ENABLED, NAMESPACE_LABEL } from '../../../injector/annotations';
import { secretCertificates } from './certificates';
import { scale, steady } from './example';
import { tellStage } from './facts';
import { printFigures } from './figures';
import { addressTowards, startGateways, type Gateways } from './gateways';
import { kube, kubectl, orNone } from './kube';
import { nodesForPods } from './nodes';
import { LABEL, writeExample, writeOperator } from './overlays';
import { readSettings } from './settings';

export interface Stage {
  readonly dir: string;
  readonly gateways: Gateways | undefined;
}

/** In the order in which they go. */
const NAMESPACES = ['example', 'kong', 'kong-drain', 'kong-drain-e2e'];
const FIGURES = 'figures.jsonl';
const CLEAN_MS = 180_000;

/** Sets all of it up; takes it down again if it cannot. Rejects with `NO_CLUSTER`, `NO_KONG`, `NOT_OURS`. */
export async function setUp(): Promise<Stage> {
  const settings = readSettings(process.env);
  const { gitVersion } = await kube().version.getCode();
  await checkOwner();
  await clear();

  const dir = createRunDir('k8s');
  let gateways: Gateways | undefined;
  try {
    const node = (await kube().core.listNode()).items[0];
    const nodeAddress = node?.status?.addresses?.find(({ type }) => type === 'InternalIP')?.address;
    const hostAddress = await addressTowards(nodeAddress ?? '');
    const classes = await kube().storage.listStorageClass();
    const operator = path.join(dir, 'operator');
    writeOperator(operator, { ...settings, hostAddress, hasDisks: classes.items.length > 0 });
    await kubectl('apply', '--server-side', '-k', operator);
    await kubectl('-n', 'kong-drain', 'rollout', 'status', 'statefulset/redis');
    await kubectl('-n', 'kong-drain', 'rollout', 'status', 'deployment/kong-drain-injector');
    await kubectl('-n', 'kong-drain', 'rollout', 'status', 'deployment/kong-drain-console');
    await kube().core.createNamespace({
      body: {
        metadata: {
          name: 'kong-drain-e2e',
          labels: {
            ...{ [LABEL]: 'true', [NAMESPACE_LABEL]: NAMESPACE_ENABLED },
            'pod-security.kubernetes.io/enforce': 'privileged',
          },
        },
      },
    });
    await waitFor('the API server to reach the injector', reachesInjector, {
      ...{ timeoutMs: 60_000, everyMs: 500 },
    });
    const example = path.join(dir, 'example');
    writeExample(example, settings);
    await kubectl('apply', '--server-side', '-k', example);
    await scale(2);
    gateways = await startGateways(dir, hostAddress);
    await steady(2);
    tellStage({
      gateways: gateways.urls,
      firstAuthority: (await secretCertificates()).authorities.at(-1) ?? '',
      nodes: await nodesForPods(),
      figuresFile: path.join(dir, FIGURES),
    });
    const versions = [`Kubernetes ${gitVersion}`, gateways.version, `Node ${process.version}`];
    console.log(versions.join(', '));
    return { dir, gateways };
  } catch (error) {
    await explain();
    await takeDown({ dir, gateways }).catch((failure: unknown) => console.log(messageOf(failure)));
    throw error;
  }
}

/** As the README has a user ask. */
async function reachesInjector(): Promise<boolean> {
  const probe = path.join(repositoryRoot, 'deploy/probe.yaml');
  const asked = ['create', '-f', probe, '--dry-run=server', '-o', 'yaml'];
  return (await kubectl('-n', 'kong-drain-e2e', ...asked)).includes(INJECTED_LABEL);
}

/** Removes all of it, and says what was measured. */
export async function takeDown({ dir, gateways }: Stage): Promise<void> {
  await gateways?.stop();
  await assertNoProcessLeaks();
  await clear();
  const { figuresFile, logs } = readSettings(process.env);
  printFigures(path.join(dir, FIGURES), figuresFile);
  if (logs !== 'keep') removeRunDir(dir);
}

async function checkOwner(): Promise<void> {
  const found = await Promise.all(
    NAMESPACES.map((name) => orNone(kube().core.readNamespace({ name }))),
  );
  const webhook = await orNone(
    kube().admission.readMutatingWebhookConfiguration({ name: 'drain-injector' }),
  );
  const foreign = [...found, webhook].find(
    (object) => object && object.metadata?.labels?.[LABEL] === undefined,
  );
  if (!foreign) return;
  throw new DrainError(
    'NOT_OURS',
    `the cluster has a ${foreign.metadata?.name ?? ''} that is not of these tests: take another cluster`,
  );
}

/** Deletes whatever carries the label, the example first, so that its drains find a registry. */
async function clear(): Promise<void> {
  for (const name of NAMESPACES) {
    if (!(await orNone(kube().core.readNamespace({ name })))) continue;
    // Its pods first: a namespace that has some is looked at again only after half of their grace period.
    const workloads = 'deployments,statefulsets';
    await kubectl('-n', name, 'delete', workloads, '--all', '--cascade=foreground');
    await orNone(kube().core.deleteNamespace({ name }));
    const isGone = async () => !(await orNone(kube().core.readNamespace({ name })));
    await waitFor(`namespace ${name} to go`, isGone, { timeoutMs: CLEAN_MS, everyMs: 250 });
  }
  const kinds = 'mutatingwebhookconfigurations,clusterroles,clusterrolebindings';
  await kubectl('delete', kinds, '-l', LABEL, '--ignore-not-found');
}

/** Says how the cluster looks, for whoever reads the failure. */
async function explain(): Promise<void> {
  for (const namespace of NAMESPACES) {
    const pods = await kubectl('-n', namespace, 'get', 'pods', '-o', 'wide').catch(String);
    const events = await kubectl('-n', namespace, 'get', 'events').catch(String);
    console.log(`${namespace}:\n${pods}\n${events}`);
  }
}
