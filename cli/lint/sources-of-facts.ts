/** Owns the documents that rules take their facts from. */
import type { Source } from './rule';

const kubernetes = (name: string, page: string): Source => ({
  name: `Kubernetes docs: ${name}`,
  url: `https://kubernetes.io/docs/${page}`,
});

export const KUBERNETES = {
  deployments: kubernetes('Deployments', 'concepts/workloads/controllers/deployment/'),
  podLifecycle: kubernetes('Pod Lifecycle', 'concepts/workloads/pods/pod-lifecycle/'),
  hooks: kubernetes('Container Lifecycle Hooks', 'concepts/containers/container-lifecycle-hooks/'),
  disruptions: kubernetes('Disruptions', 'concepts/workloads/pods/disruptions/'),
  budgets: kubernetes(
    'Specifying a Disruption Budget for your Application',
    'tasks/run-application/configure-pdb/',
  ),
  eviction: kubernetes('API-initiated Eviction', 'concepts/scheduling-eviction/api-eviction/'),
  probes: kubernetes(
    'Configure Liveness, Readiness and Startup Probes',
    'tasks/configure-pod-container/configure-liveness-readiness-startup-probes/',
  ),
  spread: kubernetes(
    'Pod Topology Spread Constraints',
    'concepts/scheduling-eviction/topology-spread-constraints/',
  ),
  affinity: kubernetes('Assigning Pods to Nodes', 'concepts/scheduling-eviction/assign-pod-node/'),
  autoscaling: kubernetes(
    'Horizontal Pod Autoscaling',
    'tasks/run-application/horizontal-pod-autoscale/',
  ),
  service: kubernetes('Service', 'concepts/services-networking/service/'),
  virtualIps: kubernetes('Virtual IPs and Service Proxies', 'reference/networking/virtual-ips/'),
  sidecars: kubernetes('Sidecar Containers', 'concepts/workloads/pods/sidecar-containers/'),
  deprecations: kubernetes(
    'Deprecated API Migration Guide',
    'reference/using-api/deprecation-guide/',
  ),
} as const;

const kong = (name: string, page: string): Source => ({
  name: `Kong docs: ${name}`,
  url: `https://developer.konghq.com/${page}`,
});

export const KONG = {
  service: kong('Gateway Service entity', 'gateway/entities/service/'),
  route: kong('Route entity', 'gateway/entities/route/'),
  healthChecks: kong(
    'Health checks and circuit breakers',
    'gateway/traffic-control/health-checks-circuit-breakers/',
  ),
  cli: kong('kong CLI reference', 'gateway/cli/reference/'),
  configuration: kong('Kong configuration reference', 'gateway/configuration/'),
  declarative: kong('DB-less mode', 'gateway/db-less-mode/'),
  sizeLimit: kong('Request Size Limiting', 'plugins/request-size-limiting/'),
} as const;

const nginx = (module: string): Source => ({
  name: `nginx docs: ${module}`,
  url: `https://nginx.org/en/docs/${module.includes('core functionality') ? 'ngx_core_module' : `${module.includes('stream') ? 'stream' : 'http'}/${module}`}.html`,
});

export const NGINX = {
  core: nginx('ngx_core_module (core functionality)'),
  http: nginx('ngx_http_core_module'),
  proxy: nginx('ngx_http_proxy_module'),
  upstream: nginx('ngx_http_upstream_module'),
  stream: nginx('ngx_stream_proxy_module'),
} as const;

export const GKE: Source = {
  name: 'GKE docs: Spot VMs',
  url: 'https://cloud.google.com/kubernetes-engine/docs/concepts/spot-vms',
};

export const AUTOSCALER: Source = {
  name: 'Kubernetes Cluster Autoscaler FAQ',
  url: 'https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/FAQ.md',
};

/** What this project measured or read in Kong's, nginx' or Kubernetes' source (README.md, docs/adr). */
export const SEEN = {
  kong: { name: 'seen on Kong 3.9.3' },
  kubernetes: { name: 'seen on Kubernetes 1.33' },
  node: { name: 'Node.js docs: server.keepAliveTimeout', url: 'https://nodejs.org/api/http.html' },
  ours: { name: 'kong-drain: README' },
} as const;
