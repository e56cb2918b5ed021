/** The console's manifests, as the console has it: its command, its port, whom it may reach and who may reach it. */
import { cli } from '../cli/run';
import type { KubeObject } from './api-schema';
import { describeBuilt } from './kustomize';
import { withComponents } from './overlays';
import { containerOf, find } from './pods';

describeBuilt('the console', () => {
  const objects = withComponents(['redis', 'console']);
  const container = containerOf(objects, 'kong-drain-console', 'console');
  const [node, entry, ...args] = container.command ?? [];

  test('is started by options that it knows, and listens where its Service leads', async () => {
    expect([node, entry]).toEqual(['node', 'dist/cli/main.js']);
    // With an interval that is refused, after everything else was read.
    const { err } = await cli([...args, '--interval', '1ms']);
    expect(err).toMatch(/^error: --interval: must be 100ms at least\n/);
    const port = Number(args[args.indexOf('--listen') + 1]?.replace(':', ''));
    expect(container.ports).toEqual([{ name: 'http', containerPort: port }]);
    const service = find(objects, 'Service', 'kong-drain-console') as KubeObject & {
      spec: { ports: object[] };
    };
    expect(service.spec.ports).toEqual([{ name: 'http', port, targetPort: 'http' }]);
  });

  test('reaches Redis, and nobody reaches it', () => {
    const own = find(objects, 'NetworkPolicy', 'kong-drain-console');
    expect(own).toMatchObject({ spec: { policyTypes: ['Ingress', 'Egress'] } });
    expect(own).not.toHaveProperty('spec.ingress');
    expect(JSON.stringify(own)).toContain('"port":6379');
    const redis = JSON.stringify(find(objects, 'NetworkPolicy', 'redis'));
    expect(redis).toContain('{"app.kubernetes.io/name":"kong-drain-console"}');
  });

  test('logs in by the Secret that the development Redis makes', () => {
    const secret = find(objects, 'Secret', 'kong-drain-console') as KubeObject & { data: object };
    expect(Object.keys(secret.data)).toEqual(['url']);
  });

  test('has no fault that the linter knows', async () => {
    const files = ['deployment.yaml', 'service.yaml', 'network-policy.yaml'];
    const paths = files.map((file) => `deploy/components/console/${file}`);
    const { out, code } = await cli(['lint', '--fail-on', 'info', '-o', 'json', ...paths]);
    expect({ code, findings: JSON.parse(out) as object[] }).toEqual({ code: 0, findings: [] });
  });
});
