# One image for the plugin server, the sidecar, the example runtime and the load/roll command: they differ in `command`.
FROM node:20-bookworm-slim AS build
WORKDIR /src
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY . .
RUN npm run build && npm prune --omit=dev --no-audit --no-fund

FROM node:20-bookworm-slim
# `ss`, with which the sidecar looks at its pod's own sockets.
RUN apt-get update \
  && apt-get install -y --no-install-recommends iproute2 \
  && rm -rf /var/lib/apt/lists/*
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /src/package.json ./
COPY --from=build /src/node_modules ./node_modules
COPY --from=build /src/dist ./dist
# The Lua plugin, for Kong's pods to copy (deploy/kong/data-plane).
COPY --from=build /src/plugin/kong ./plugin/kong
# Docker gives a new volume the owner of the directory that it is mounted on.
RUN mkdir /run/drain /journal && chown node:node /run/drain /journal
USER node
CMD ["node", "dist/sidecar/main.js", "--help"]
