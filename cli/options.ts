/** Owns how commands read their options. Invariant: all problems of a command line are told at once, by option. */
import { z } from 'zod';
import { DrainError } from '../core/errors';
import { readSpan } from './output/span';

/** A time, in ms; given as `90s`, `5m`, `500ms`. */
export const spanOption = z.string().transform((text, context) => {
  const ms = readSpan(text);
  if (ms !== undefined) return ms;
  context.addIssue('must be a time such as 90s, 5m or 500ms');
  return z.NEVER;
});

export const countOption = z.coerce
  .number('must be a number')
  .int('must be a whole number')
  .min(1, 'must be 1 at least');

/** A comma list, for commander; may be repeated. */
export function listOption(text: string, before: readonly string[] = []): string[] {
  const words = text.split(',').map((word) => word.trim());
  return [...before, ...words.filter((word) => word !== '')];
}

/** Throws `BAD_OPTIONS`. `problems`: what the schema cannot know. */
export function readOptions<Shape extends z.ZodRawShape>(
  command: string,
  schema: z.ZodObject<Shape>,
  given: unknown,
  problemsOf: (options: z.infer<z.ZodObject<Shape>>) => readonly string[] = () => [],
): z.infer<z.ZodObject<Shape>> {
  const parsed = schema.safeParse(given);
  const problems = parsed.success
    ? problemsOf(parsed.data)
    : parsed.error.issues.map(({ path, message }) => `--${kebab(String(path[0]))}: ${message}`);
  if (!parsed.success || problems.length > 0) {
    const told = `${problems.join('\n')}\nSee kong-drain ${command} --help.`;
    throw new DrainError('BAD_OPTIONS', told);
  }
  return parsed.data;
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
