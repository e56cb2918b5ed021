/** Owns how HTML and SVG are written. Invariant: whatever text or attribute is given, it cannot become markup. */
const brand = Symbol('markup');

export interface Markup {
  readonly [brand]: true;
  readonly text: string;
}

type Child = Markup | string | number | undefined | readonly Child[];
type Attributes = Readonly<Record<string, string | number | undefined>>;

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const VOID = new Set(['meta', 'br']);

export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (letter) => ESCAPES[letter] ?? letter);
}

/** One element. Numbers in attributes are written with two decimals at most; undefined ones are left out. */
export function el(name: string, attributes: Attributes = {}, ...children: Child[]): Markup {
  const written = Object.entries(attributes)
    .flatMap(([key, value]) =>
      value === undefined
        ? []
        : [` ${key}="${escaped(typeof value === 'number' ? short(value) : value)}"`],
    )
    .join('');
  const text = VOID.has(name)
    ? `<${name}${written}>`
    : `<${name}${written}>${children.map(textOf).join('')}</${name}>`;
  return { [brand]: true, text };
}

/** Text that is markup by us, never by what was measured. */
export function trusted(text: string): Markup {
  return { [brand]: true, text };
}

export function short(value: number): string {
  return String(Math.round(value * 100) / 100);
}

function textOf(child: Child): string {
  if (child === undefined) return '';
  if (typeof child === 'number') return short(child);
  if (typeof child === 'string') return escaped(child);
  return 'text' in child ? child.text : child.map(textOf).join('');
}
