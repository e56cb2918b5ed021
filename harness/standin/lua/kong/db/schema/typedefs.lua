-- The type definitions of Kong that plugin schemas name; the stand-in looks at a schema's `config` only.

return {
  no_consumer = { type = "foreign", eq = "null" },
  no_route = { type = "foreign", eq = "null" },
  no_service = { type = "foreign", eq = "null" },
  protocols_http = { type = "set", elements = { type = "string" } },
  protocols = { type = "set", elements = { type = "string" } },
  header_name = { type = "string" },
  port = { type = "integer", between = { 0, 65535 } },
}
