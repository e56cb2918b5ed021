-- Lua in this repository runs in nginx's Lua module; the one global of ours and Kong's is `kong`.
std = "ngx_lua"
max_line_length = 130
unused_args = false
read_globals = { "kong" }

-- Redis runs each of these with pool.lua in front of it (registry/scripts.ts): its locals are theirs.
files["registry/scripts"] = {
  std = "lua51",
  read_globals = { "redis", "cjson", "KEYS", "ARGV", "base", "now", "text", "pool_seen", "next_epoch", "publish", "decoded", "parsed" },
}
files["registry/scripts/pool.lua"] = { ignore = { "211" } }
