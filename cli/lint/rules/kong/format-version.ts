import { set } from '../../fix/change';
import type { Rule } from '../../rule';
import { KONG } from '../../sources-of-facts';
import { kong, kongFile } from '../examples';

export const kongFormatVersion: Rule = {
  id: 'kong-format-version',
  severity: 'error',
  title: 'A declarative file that Kong 3 does not take',
  why: 'Kong 3 reads a declarative file only with `_format_version: "3.0"`, a text and not a number.',
  source: KONG.declarative,
  fixes: 'a 3.0 without its quotes, and a version that is missing',
  bad: kongFile(kong().replace("'3.0'", '3.0')),
  good: kongFile(kong()),
  check: ({ kong: { files } }) =>
    files
      .filter(({ formatVersion }) => formatVersion.string() !== '3.0')
      .map(({ formatVersion: at }) => {
        const value = at.scalar();
        return {
          at,
          what:
            value === undefined
              ? '_format_version is missing'
              : `_format_version is ${typeof value === 'number' ? `the number ${value}` : value}`,
          changes: [set(at, '3.0')],
          certain: value === undefined || value === 3,
        };
      }),
};
