return {
  name = "key-auth",
  fields = {
    { config = {
      type = "record",
      fields = {
        { key_names = { type = "array", required = true, default = { "apikey" }, elements = { type = "string" } } },
        { hide_credentials = { type = "boolean", required = true, default = false } },
      },
    } },
  },
}
