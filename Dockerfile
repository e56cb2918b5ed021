# One image for plugin server, sidecar, injector, example runtime and the load/roll command: they differ in `command`.
ARG NODE=20.20.2-bookworm-slim
FROM node:${NODE} AS build
WORKDIR /src
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY . .
RUN npm run build && rm -rf dist/test dist/bench && npm prune --omit=dev --no-audit --no-fund
# kong-pdk asks for compilers, which our launch of it never loads (plugin/server/pdk-server.ts): 214 MB become 67.
RUN rm -rf node_modules/typescript node_modules/@swc node_modules/@types node_modules/kong-pdk/node_modules/typescript \
  && find node_modules -type f -regex '.*\.\(map\|d\.[cm]?ts\)' -delete

FROM node:${NODE}
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
# By number: Kubernetes cannot tell from a name that it is not root.
USER 1000:1000
CMD ["node", "dist/sidecar/main.js", "--help"]
