// Owns the shape of the declarative configuration the stand-in reads: Kong's own words (kong.yml), the part it knows.
// Invariant: JSON; the Lua side fills the defaults and refuses unknown keys.

export interface PluginEntry {
  name: string;
  config?: Record<string, unknown>;
  enabled?: boolean;
  /** Names, for plugins at the top level. */
  service?: string;
  route?: string;
}

export interface RouteEntry {
  name?: string;
  paths?: string[];
  hosts?: string[];
  protocols?: string[];
  strip_path?: boolean;
  preserve_host?: boolean;
  request_buffering?: boolean;
  response_buffering?: boolean;
  /** The Service's name, for routes at the top level; none for a route that plugins answer. */
  service?: string;
  plugins?: PluginEntry[];
}

/** Timeouts in milliseconds. */
export interface ServiceEntry {
  name: string;
  url?: string;
  host?: string;
  port?: number;
  protocol?: 'http' | 'https' | 'grpc' | 'grpcs';
  path?: string;
  retries?: number;
  connect_timeout?: number;
  read_timeout?: number;
  write_timeout?: number;
  routes?: RouteEntry[];
  plugins?: PluginEntry[];
}

export interface UpstreamEntry {
  name: string;
  host_header?: string;
  targets?: { target: string; weight?: number }[];
}

export interface Declarative {
  services?: ServiceEntry[];
  routes?: RouteEntry[];
  upstreams?: UpstreamEntry[];
  plugins?: PluginEntry[];
}
