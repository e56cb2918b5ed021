import { RULES } from '../../../cli/lint/rules/catalogue';
import { fixed, lint } from './lint';

const named = RULES.map((rule) => [rule.id, rule] as const);

test('there are at least 30 rules, each with a name of its own', () => {
  expect(RULES.length).toBeGreaterThanOrEqual(30);
  expect(new Set(RULES.map(({ id }) => id)).size).toBe(RULES.length);
});

describe.each(named)('%s', (id, rule) => {
  test('is called in kebab-case and says why in one sentence, with its source', () => {
    expect(id).toMatch(/^[a-z0-9]+(-[a-z0-9]+)+$/);
    expect(rule.why).toMatch(/^[\w`].*\w\)?\.$/);
    expect(rule.why.replace(/\b\d\.\d/g, '').match(/\.(\s|$)/g)).toHaveLength(1);
    expect(rule.source.name).not.toBe('');
    expect(rule.title).not.toMatch(/\.$/);
  });

  test('fires on its bad example, with line and corrected snippet', () => {
    const findings = lint(rule.bad, [rule]);
    expect(findings.length).toBeGreaterThan(0);
    for (const { file, line, fix, what, message } of findings) {
      const lines = rule.bad[file]?.split('\n') ?? [];
      expect(line).toBeGreaterThan(0);
      expect(line).toBeLessThanOrEqual(lines.length);
      expect(fix.trim()).not.toBe('');
      expect(what).not.toMatch(/undefined|NaN|\[object|\.\.$/);
      expect(message).toContain(rule.why);
    }
  });

  test('does not fire on its good example', () => {
    expect(lint(rule.good, [rule]).map(({ what }) => what)).toEqual([]);
  });

  if (rule.fixes !== undefined) {
    test('its certain mend is the end of it, and brings no other error', () => {
      const findings = lint(rule.bad, [rule]);
      const certain = findings.filter(({ changes }) => changes !== undefined);
      const { files, mended } = fixed(rule.bad, [rule]);
      expect(mended).toHaveLength(certain.length);
      expect(lint(files, [rule])).toHaveLength(findings.length - certain.length);
      const errors = (texts: typeof files) =>
        lint(texts).filter(({ severity, rule: other }) => severity === 'error' && other.id !== id)
          .length;
      expect(errors(files)).toBeLessThanOrEqual(errors(rule.bad));
    });
  } else {
    test('never mends by itself', () => {
      expect(fixed(rule.bad, [rule]).mended).toEqual([]);
    });
  }
});

test('an instance that is not enabled lets nobody through a global plugin: Kong leaves it out', () => {
  const rule = RULES.find(({ id }) => id === 'sync-route-guarded')!;
  const [[file, text]] = Object.entries(rule.good) as [[string, string]];
  const disabled = text.replace('config: { anonymous: drain-sync }', 'enabled: false');
  expect(lint({ [file]: disabled }, [rule])).toHaveLength(1);
});
