return {
  name = "pre-function",
  fields = {
    { config = {
      type = "record",
      fields = {
        { access = { type = "array", required = true, elements = { type = "string" } } },
      },
    } },
  },
}
