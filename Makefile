# The two commands of the README, on a fresh Debian machine with Node.js: `make demo` and `make test`.
# Each installs the Debian packages and npm packages that it needs and that are missing, builds, and runs.
.PHONY: demo test lint e2e build packages clean help

help:
	@echo 'make demo   the plain rollout and the acknowledged drain, side by side   (ARGS="--gateways 2 --pods 3")'
	@echo 'make test   unit and integration tests                                   (ARGS="test/core")'
	@echo 'make e2e    the end-to-end tests'
	@echo 'make lint   eslint, prettier, luacheck'
	@echo 'make build  compile into dist/'

demo: PACKAGES = demo
demo: build
	node dist/harness/demo/main.js $(ARGS)

test: PACKAGES = test
test: build
	npx jest $(ARGS)

e2e: PACKAGES = e2e
e2e: build
	npm run e2e -- $(ARGS)

lint: PACKAGES = lint
lint: packages node_modules/.installed
	npm run lint

build: packages node_modules/.installed
	npm run build

PACKAGES ?= demo
packages:
	@node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)' \
	  || { echo 'Node.js 20.19 or newer is needed: https://nodejs.org'; exit 1; }
	@sh .ci/debian-packages $(PACKAGES)

node_modules/.installed: package.json package-lock.json
	npm ci --no-audit --no-fund
	@touch $@

clean:
	rm -rf dist coverage .run
