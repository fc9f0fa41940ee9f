# Everything here sets itself up: Node 20 or newer with npm is enough to start.
PNPM := npx -y pnpm@12.21.0
READY := node_modules/.perdure-ready

.PHONY: demo test check drills bench peers clean

## The main job on SQLite: suspend, kill -9, approve elsewhere, resume elsewhere, one refund. STORE=postgres, STORE=redis or STORE=dynamodb runs it there, PROMPT="…" asks something else.
demo: $(READY)
	@STORE='$(STORE)' $(PNPM) --silent exec node tools/demo.ts

## All tests, on real engines.
test: $(READY)
	@$(PNPM) --silent exec node tools/test.ts

## Format, lint, types, unused code, and what the packages publish.
check: $(READY)
	@$(PNPM) --silent exec node tools/check.ts

## What is longer than tests may be: kill loops, racing writers, the crash drill at every request.
drills: $(READY)
	@$(PNPM) --silent exec node tools/drills.ts

## Our stores against the raw driver in the same run, as ratios.
bench: $(READY)
	@$(PNPM) --silent --filter bench bench

## A growing thread in our stores, in LangGraph's savers and on the raw drivers, in one run: writes bench/peers.md and bench/peers.svg.
peers: $(READY)
	@$(PNPM) --silent --filter bench run peers

$(READY): pnpm-lock.yaml package.json pnpm-workspace.yaml
	@echo "Installing what the repository needs (Node 24 among it) into node_modules…"
	@$(PNPM) install --frozen-lockfile --loglevel=error
	@touch $@

clean:
	rm -rf node_modules packages/*/node_modules packages/*/dist examples/*/node_modules bench/node_modules .cache
