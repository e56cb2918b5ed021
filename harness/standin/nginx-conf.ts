// Owns the stand-in's nginx.conf, after kong/templates/nginx_kong.lua of Kong 3.9.3 with its defaults.
// Invariant: a pure function of its options; every path it names lies in the prefix or was given.

/** What nginx listens on and how it reaches upstreams. Addresses are `ip:port`. */
export interface NginxOptions {
  proxyListen: string[];
  tlsListen?: string[];
  certFile?: string;
  keyFile?: string;
  statusListen: string;
  /** Worker processes; 2 unless told. */
  workers?: number;
  /** An entry for lua_package_path before the stand-in's own, such as `/repo/plugin/kong/?.lua`. */
  luaPackagePath?: string;
  /** Name and size, as in Kong's nginx_http_lua_shared_dict; `drain 1m` unless told. */
  sharedDict?: string;
  /** Source address of the connections to upstreams. */
  proxyBind?: string;
  /** Whose X-Real-IP and X-Forwarded-Proto are believed, as Kong's trusted_ips: addresses or CIDRs; none unless told. */
  trustedIps?: readonly string[];
  /** Access log file; off unless told. */
  accessLog?: string;
  /** Error log level; `notice` unless told. */
  logLevel?: string;
  /** Further lines for the http block. */
  extraHttpDirectives?: string[];
}

const MODULES = '/usr/lib/nginx/modules';

const upstreamHeaders = `
      proxy_set_header      TE                 $upstream_te;
      proxy_set_header      Via                $upstream_via;
      proxy_set_header      Host               $upstream_host;
      proxy_set_header      Upgrade            $upstream_upgrade;
      proxy_set_header      Connection         $upstream_connection;
      proxy_set_header      X-Forwarded-For    $upstream_x_forwarded_for;
      proxy_set_header      X-Forwarded-Proto  $upstream_x_forwarded_proto;
      proxy_set_header      X-Forwarded-Host   $upstream_x_forwarded_host;
      proxy_set_header      X-Forwarded-Port   $upstream_x_forwarded_port;
      proxy_set_header      X-Forwarded-Path   $upstream_x_forwarded_path;
      proxy_set_header      X-Forwarded-Prefix $upstream_x_forwarded_prefix;
      proxy_set_header      X-Real-IP          $remote_addr;
      proxy_set_header      X-Kong-Request-Id  $request_id;
      proxy_pass_header     Server;
      proxy_pass_header     Date;
      proxy_ssl_name        $upstream_host;
      proxy_ssl_server_name on;
      proxy_pass            $upstream_scheme://kong_upstream$upstream_uri;`;

function proxying(buffering: 'on' | 'off', requestBuffering: 'on' | 'off'): string {
  return `default_type '';
      proxy_http_version      1.1;
      proxy_buffering         ${buffering};
      proxy_request_buffering ${requestBuffering};
${upstreamHeaders}`;
}

function unbuffered(name: string, buffering: 'on' | 'off', requestBuffering: 'on' | 'off'): string {
  return `
    location ${name} {
      internal;
      set $kong_proxy_mode 'unbuffered';
      ${proxying(buffering, requestBuffering)}
    }`;
}

const kongVariables = [
  'ctx_ref',
  'upstream_te',
  'upstream_via',
  'upstream_host',
  'upstream_upgrade',
  'upstream_connection',
  'upstream_scheme',
  'upstream_uri',
  'upstream_x_forwarded_for',
  'upstream_x_forwarded_proto',
  'upstream_x_forwarded_host',
  'upstream_x_forwarded_port',
  'upstream_x_forwarded_path',
  'upstream_x_forwarded_prefix',
]
  .map((name) => `      set $${name} '';`)
  .join('\n');

/** The `:authority` is nginx's own, `kong_upstream`: Kong's comes by a patch of its nginx. */
const grpc = `
    location @grpc {
      internal;
      set $kong_proxy_mode 'grpc';
      default_type '';
      grpc_set_header      TE                 $upstream_te;
      grpc_set_header      Via                $upstream_via;
      grpc_set_header      X-Forwarded-For    $upstream_x_forwarded_for;
      grpc_set_header      X-Forwarded-Proto  $upstream_x_forwarded_proto;
      grpc_set_header      X-Real-IP          $remote_addr;
      grpc_set_header      X-Kong-Request-Id  $request_id;
      grpc_pass_header     Server;
      grpc_pass_header     Date;
      grpc_ssl_name        $upstream_host;
      grpc_ssl_server_name on;
      grpc_pass            $upstream_scheme://kong_upstream;
    }`;

function listeners(options: NginxOptions): string {
  const plain = options.proxyListen.map((at) => `listen ${at} reuseport backlog=16384;`);
  const tls = (options.tlsListen ?? []).map((at) => `listen ${at} ssl http2 reuseport;`);
  const certificate = options.certFile
    ? [`ssl_certificate ${options.certFile};`, `ssl_certificate_key ${options.keyFile ?? ''};`]
    : [];
  return [...plain, ...tls, ...certificate].map((line) => `    ${line}`).join('\n');
}

/** Kong's own set_real_ip_from, and the same question for the stand-in's PDK (kong.ip.is_trusted). */
function trusted(ips: readonly string[]): string {
  const lines = ips.map((ip) => `    ${ip} 1;`);
  return [
    ...ips.map((ip) => `  set_real_ip_from ${ip};`),
    `  geo $realip_remote_addr $is_trusted {\n${['    default 0;', ...lines].join('\n')}\n  }`,
  ].join('\n');
}

const tempPaths = ['client_body', 'proxy', 'fastcgi', 'scgi', 'uwsgi']
  .map((kind) => `  ${kind}_temp_path tmp/${kind};`)
  .join('\n');

/** The whole nginx.conf. `luaDir` is the stand-in's own Lua folder, `prefix` holds config.json, logs and temporary files. */
export function nginxConf(options: NginxOptions, prefix: string, luaDir: string): string {
  const pathEntries = [options.luaPackagePath, `${luaDir}/?.lua;${luaDir}/?/init.lua`];
  return `load_module ${MODULES}/ndk_http_module.so;
load_module ${MODULES}/ngx_http_lua_module.so;

daemon off;
user root;
pid ${prefix}/nginx.pid;
worker_processes ${options.workers ?? 2};
worker_rlimit_nofile 20000;
error_log ${prefix}/logs/error.log ${options.logLevel ?? 'notice'};

events {
  worker_connections 8192;
  multi_accept on;
}

http {
  access_log ${options.accessLog ?? 'off'};
${tempPaths}

  lua_package_path '${pathEntries.filter(Boolean).join(';')};;';
  lua_socket_log_errors off;
  lua_max_running_timers 4096;
  lua_max_pending_timers 16384;
  lua_shared_dict ${options.sharedDict ?? 'drain 1m'};
  lua_shared_dict standin 64k;

  server_tokens off;
  underscores_in_headers on;
  uninitialized_variable_warn off;
  charset UTF-8;
  client_max_body_size 0;
  client_body_buffer_size 8k;
  keepalive_requests 10000;
  real_ip_header X-Real-IP;
${trusted(options.trustedIps ?? [])}
  ssl_protocols TLSv1.2 TLSv1.3;
${options.proxyBind ? `  proxy_bind ${options.proxyBind};` : ''}
${(options.extraHttpDirectives ?? []).map((line) => `  ${line}`).join('\n')}

  init_by_lua_block {
    require("standin").init("${prefix}/config.json")
  }
  init_worker_by_lua_block { require("standin").init_worker() }

  upstream kong_upstream {
    server 0.0.0.1;
    balancer_by_lua_block { require("standin").balancer() }
    keepalive 512;
    keepalive_requests 10000;
    keepalive_timeout 60s;
  }

  server {
    server_name kong;
${listeners(options)}

    error_page 400 404 405 408 411 412 413 414 417 /kong_error_handler;
    error_page 494 =494                            /kong_error_handler;
    error_page 500 502 503 504                     /kong_error_handler;

    rewrite_by_lua_block       { require("standin").rewrite() }
    access_by_lua_block        { require("standin").access() }
    header_filter_by_lua_block { require("standin").header_filter() }
    log_by_lua_block           { require("standin").log() }

    location / {
${kongVariables}
      set $kong_proxy_mode 'http';
      ${proxying('on', 'on')}
    }
${unbuffered('@unbuffered', 'off', 'off')}
${unbuffered('@unbuffered_request', 'on', 'off')}
${unbuffered('@unbuffered_response', 'off', 'on')}
${grpc}

    location = /kong_error_handler {
      internal;
      default_type '';
      rewrite_by_lua_block { return }
      access_by_lua_block  { return }
      content_by_lua_block { require("standin").handle_error() }
    }
  }

  server {
    server_name kong_status;
    listen ${options.statusListen};
    location = /status {
      content_by_lua_block { require("standin").status() }
    }
    location / {
      return 404;
    }
  }
}
`;
}
