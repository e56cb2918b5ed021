/** Owns one setting of a manifest: its value, if it is given, and where it stands or would stand. */
import type { Cursor } from './cursor';

export interface Field<T> {
  /** Undefined if it is not given, or not of its type. */
  readonly value: T | undefined;
  readonly at: Cursor;
}

export function numberField(at: Cursor): Field<number> {
  return { value: at.number(), at };
}

export function stringField(at: Cursor): Field<string> {
  return { value: at.string(), at };
}

export function booleanField(at: Cursor): Field<boolean> {
  const value = at.scalar();
  return { value: typeof value === 'boolean' ? value : undefined, at };
}

/** As Kubernetes' IntOrString. */
export function intOrStringField(at: Cursor): Field<number | string> {
  return { value: at.number() ?? at.string(), at };
}

/** A number that its format writes as text, such as an annotation or environment variable. */
export function textNumberField(at: Cursor): Field<number> {
  const text = at.text();
  return { value: /^\d+(\.\d+)?$/.test(text) ? Number(text) : undefined, at };
}
