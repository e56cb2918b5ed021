/** Owns how an nginx setting is mended: the directive in force gets another value, or the server gets one. */
import type { Change } from '../../fix/change';
import type { Directive } from '../../nginx/directive';
import { type NginxProxy, settingOf } from '../../nginx/proxies';
import type { Place } from '../../rule';

export function mend(
  proxy: NginxProxy,
  name: string,
  value: string,
): { readonly at: Place; readonly changes: readonly Change[] } {
  const found = settingOf(proxy, name);
  if (found !== undefined) {
    return { at: found, changes: [{ op: 'arguments', directive: found, text: value }] };
  }
  const { server, pass } = proxy;
  const block: Directive | undefined = server ?? pass.parent;
  if (block === undefined) return { at: pass, changes: [] };
  return { at: pass, changes: [{ op: 'add-directive', block, text: `${name} ${value};` }] };
}

/** For messages: the value in force, or that it is the default. */
export function inForce(proxy: NginxProxy, name: string, standard: string): string {
  const found = settingOf(proxy, name);
  return found === undefined
    ? `${name} is not given, so ${standard}`
    : `${name} is ${found.args.map(({ value }) => value).join(' ')}`;
}
