/** Owns the reading of Kong plugins, nested or with a reference to what they are for. */
import type { Cursor } from '../yaml/cursor';
import type { KongPlugin } from './kong-model';

export function readPlugin(at: Cursor, scope: KongPlugin['scope']): KongPlugin {
  return {
    name: at.at('name').string() ?? '',
    at,
    config: at.at('config'),
    enabled: at.at('enabled').scalar() !== false,
    scope,
  };
}

export function nestedPlugins(at: Cursor, scope: KongPlugin['scope']): KongPlugin[] {
  return at
    .at('plugins')
    .items()
    .map((plugin) => readPlugin(plugin, scope));
}

/** The name (or id) that an entity refers to: `service: rt` or `service: {name: rt}`. */
export function reference(at: Cursor): string | undefined {
  return at.string() ?? at.at('name').string() ?? at.at('id').string();
}

/** What a plugin at the top level of a file is for. */
export function scopeOf(at: Cursor): KongPlugin['scope'] {
  if (reference(at.at('route')) !== undefined) return 'route';
  if (reference(at.at('service')) !== undefined) return 'service';
  const consumer = reference(at.at('consumer')) ?? reference(at.at('consumer_group'));
  return consumer === undefined ? 'global' : 'consumer';
}
