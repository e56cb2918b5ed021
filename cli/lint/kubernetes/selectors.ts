/** Owns label selection as Kubernetes does it (Concepts: Labels and Selectors). */
import type { LabelSelector } from '../model';
import type { Cursor } from '../yaml/cursor';

type Labels = Readonly<Record<string, string>>;

export function readSelector(at: Cursor): LabelSelector {
  return {
    matchLabels: at.at('matchLabels').strings(),
    matchExpressions: at
      .at('matchExpressions')
      .items()
      .map((item) => ({
        key: item.at('key').string() ?? '',
        operator: item.at('operator').string() ?? '',
        values: item.at('values').words(),
      })),
  };
}

export function containsLabels(labels: Labels, wanted: Labels): boolean {
  return Object.entries(wanted).every(([key, value]) => labels[key] === value);
}

export function selects({ matchLabels, matchExpressions }: LabelSelector, labels: Labels): boolean {
  return (
    containsLabels(labels, matchLabels) &&
    matchExpressions.every(({ key, operator, values }) => {
      const value = labels[key];
      if (operator === 'Exists') return value !== undefined;
      if (operator === 'DoesNotExist') return value === undefined;
      const among = value !== undefined && values.includes(value);
      return operator === 'NotIn' ? !among : among;
    })
  );
}

export function isEmptySelector({ matchLabels, matchExpressions }: LabelSelector): boolean {
  return Object.keys(matchLabels).length === 0 && matchExpressions.length === 0;
}
