import { set } from '../../fix/change';
import type { Rule } from '../../rule';
import { KUBERNETES } from '../../sources-of-facts';
import { documents, rtFile, runtime } from '../examples';
import { hpa } from './replicas';

const CALM = {
  stabilizationWindowSeconds: 300,
  policies: [{ type: 'Pods', value: 1, periodSeconds: 60 }],
};

export const hpaScaleDown: Rule = {
  id: 'hpa-scale-down',
  severity: 'warning',
  title: 'An autoscaler without scale-down behaviour',
  why: 'By default an autoscaler may end all pods above its minimum within 15 seconds, with every request that they hold.',
  source: KUBERNETES.autoscaling,
  bad: rtFile(documents(runtime({}), hpa())),
  good: rtFile(
    documents(
      runtime({}),
      hpa(`  behavior:
    scaleDown:
      stabilizationWindowSeconds: 300
      policies: [{ type: Pods, value: 1, periodSeconds: 60 }]
`),
    ),
  ),
  check: ({ autoscalers }) =>
    autoscalers
      .filter(
        ({ scaleDown }) =>
          scaleDown.at('policies').items().length === 0 &&
          scaleDown.at('selectPolicy').string() !== 'Disabled',
      )
      .map(({ name, at }) => ({
        at: at.at('spec', 'behavior', 'scaleDown'),
        what: `HorizontalPodAutoscaler ${name}: nothing says how fast it may scale down`,
        changes: [set(at.at('spec', 'behavior', 'scaleDown'), CALM)],
      })),
};
