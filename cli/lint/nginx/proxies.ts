/**
 * Owns what nginx files say of each place that passes requests or connections on, with the settings that are in force
 * there. Invariant: a setting is looked up as nginx inherits it, from the inner block outwards.
 */
import { childOf, type Directive, firstArgument, walk } from './directive';
import { nginxBytes, nginxSeconds } from './units';

export interface NginxProxy {
  readonly kind: 'http' | 'stream';
  /** The `proxy_pass`. */
  readonly pass: Directive;
  /** The blocks round it, from the inside out. */
  readonly scopes: readonly (readonly Directive[])[];
  /** The block that holds `listen`: where a setting that is missing may be added. */
  readonly server: Directive | undefined;
  /** False in a file of its own whose http block is not among the inputs: what is missing may stand there. */
  readonly complete: boolean;
  readonly upstream: Directive | undefined;
  /** For messages: `location /upload`, or `server :443`. */
  readonly title: string;
}

export function proxiesOf(files: readonly (readonly Directive[])[]): NginxProxy[] {
  const all = files.flatMap((file) => walk(file));
  const upstreams = all.filter(({ name, block }) => name === 'upstream' && block !== undefined);
  const mains = new Map(
    (['http', 'stream'] as const).map((kind) => [
      kind,
      all.find(
        ({ name, block, parent }) => name === kind && parent === undefined && includes(block),
      ),
    ]),
  );
  return files.flatMap((file) =>
    walk(file)
      .filter(({ name }) => name === 'proxy_pass')
      .map((pass) => {
        const parents = ancestors(pass);
        const kind = kindOf(pass, parents);
        const inside = parents.some(({ name }) => name === kind);
        const main = inside ? undefined : mains.get(kind);
        const blocks = [...parents, ...(main === undefined ? [] : [main])];
        const target = hostOf(firstArgument(pass) ?? '');
        return {
          kind,
          pass,
          scopes: blocks.map(({ block }) => block ?? []),
          server: parents.find(({ name }) => name === 'server'),
          complete: inside || main !== undefined,
          upstream: upstreams.find((upstream) => firstArgument(upstream) === target),
          title: titleOf(parents),
        };
      }),
  );
}

/** The directive that is in force at the proxy; undefined if none is given. */
export function settingOf({ scopes }: NginxProxy, name: string): Directive | undefined {
  for (const scope of scopes) {
    const found = childOf(scope, name);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A time in force, in seconds: what is given, or nginx's default. Undefined if it cannot be known. */
export function secondsOf(proxy: NginxProxy, name: string, standard: number): number | undefined {
  const found = settingOf(proxy, name);
  if (found === undefined) return proxy.complete ? standard : undefined;
  return nginxSeconds(firstArgument(found) ?? '');
}

/** A size in force, in bytes; as `secondsOf`. */
export function bytesOf(proxy: NginxProxy, name: string, standard: number): number | undefined {
  const found = settingOf(proxy, name);
  if (found === undefined) return proxy.complete ? standard : undefined;
  return nginxBytes(firstArgument(found) ?? '');
}

function ancestors({ parent }: Directive): Directive[] {
  return parent === undefined ? [] : [parent, ...ancestors(parent)];
}

function kindOf(pass: Directive, parents: readonly Directive[]): 'http' | 'stream' {
  if (parents.some(({ name }) => name === 'stream')) return 'stream';
  if (parents.some(({ name }) => name === 'http' || name === 'location')) return 'http';
  return /^https?:\/\//.test(firstArgument(pass) ?? '') ? 'http' : 'stream';
}

function hostOf(target: string): string {
  return target.replace(/^https?:\/\//, '').replace(/[:/].*$/, '');
}

function includes(block: readonly Directive[] | undefined): boolean {
  return block?.some(({ name }) => name === 'include') === true;
}

function titleOf(parents: readonly Directive[]): string {
  const [inner] = parents;
  if (inner === undefined) return 'proxy_pass';
  const words = inner.name === 'server' ? [childOf(inner.block, 'listen')] : [inner];
  return [inner.name, ...words.flatMap((word) => word?.args.map(({ value }) => value) ?? [])].join(
    ' ',
  );
}
