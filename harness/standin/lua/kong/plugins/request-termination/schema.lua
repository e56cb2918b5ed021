return {
  name = "request-termination",
  fields = {
    { config = {
      type = "record",
      fields = {
        { status_code = { type = "integer", required = true, default = 503, between = { 100, 599 } } },
        { message = { type = "string" } },
      },
    } },
  },
}
