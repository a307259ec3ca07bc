# Everything a person or a CI does with this checkout. Needs Python 3.11, make and git.
PYTHON ?= python3
BIN := .venv/bin
# What a target may be told. Only what was said goes on: an empty word is not a number.
SAID := KINDS PROCS SECONDS SEED SETS SEEDS BENCH_DATA CORE WRITERS ROUNDS VISITS SMALL REQUESTS OUT ONLY LANGS FAST WORLD
$(foreach one,$(SAID),$(if $($(one)),$(eval export $(one))))
FORMATTED := versants versants_libs tests bench run docs/generate.py docs/notice.py

.DEFAULT_GOAL := run
.PHONY: crash fuzz fuzz-dispatch bench-dispatch bench-dispatch-run bench-dispatch-side bench-dispatch-sizes bench-dispatch-hosts bench-mesh-hosts bench-board screenshots upgrade-drill sbom run setup test check fix race lock clean bench-audit restore-drill bench-mesh bench-web look mesh-example replica-drill brute

run: ## start everything; Ctrl-C stops it
	@$(PYTHON) run

setup: ## the environment with what checks and tests need
	@$(PYTHON) run setup --dev

test: setup ## the whole suite on a PostgreSQL of its own (ARGS="tests/launch -k busy" narrows it)
	@$(BIN)/python -m versants.launch.catalogues
	@$(BIN)/python -m pytest -n 2 --dist loadgroup $(ARGS)

check: setup ## format, lint, types, imports, migrations, translations, generated documents
	@$(BIN)/python -m versants.launch.checks

fix: setup ## what can be fixed by itself
	@$(BIN)/ruff format -q $(FORMATTED)
	@$(BIN)/ruff check -q --fix $(FORMATTED)
	@$(BIN)/python -m versants.launch.catalogues --update
	@$(BIN)/python -m versants.launch.catalogues
	@$(BIN)/python docs/generate.py
	@$(BIN)/python docs/notice.py

bench-dispatch: setup ## all that was measured of the planner, printed and drawn: gaps to the best published plans, side by side, sizes, workers, waits
	@$(BIN)/python bench/dispatch/tables.py

fuzz-dispatch: setup ## the planner's core under sanitizers (SECONDS=60 SEED=1; needs a C++ compiler)
	@$(BIN)/python bench/dispatch/fuzz.py

bench-dispatch-run: setup ## measure what is missing there (SETS=DGKU SEEDS=1,2 SECONDS=60 THREADS=1 BENCH_DATA=FOLDER)
	@$(BIN)/python bench/dispatch/run.py

bench-dispatch-side: setup ## side by side with OR-Tools, what is missing measured (CORE=1 BENCH_DATA=FOLDER)
	@$(BIN)/python bench/dispatch/side/measure.py

bench-dispatch-sizes: setup ## time and memory from 100 to 10,000 visits, what is missing measured
	@$(BIN)/python bench/dispatch/sizes.py

bench-dispatch-hosts: setup ## a day planned by several workers through the database (WORKERS=4 SECONDS=40)
	@$(BIN)/python bench/dispatch/hosts.py

bench-mesh-hosts: setup ## a study by several workers through the database, the same to the last digit (WORKERS=3 AREA=west-vlaanderen:Courtrai)
	@$(BIN)/python bench/mesh/hosts.py

bench-board: setup ## how long "who can go", "why not" and a repair take, by size of the day (SECONDS=10 SEED=1)
	@$(BIN)/python bench/dispatch/desk.py

bench-audit: setup ## does sealing the log slow those who write (WRITERS=20 SECONDS=10 ROUNDS=3)
	@$(BIN)/python bench/audit.py

bench-mesh: setup ## the mesh on the whole territory and the OR-Library, what is missing measured (SETS=pmedian,cover,pmed,plan,simulate,front,side SEED=1 CORE=1 BENCH_DATA=FOLDER)
	@$(BIN)/python bench/mesh/run.py

brute: setup ## tiny problems of the mesh against trying everything; goes on where it was stopped (ROUNDS=20000 SEED=1)
	@$(BIN)/python bench/mesh/brute.py

bench-web: setup ## the pages of a world of a million visits, 1 and 4 clients (VISITS=1000000 SMALL=1000 REQUESTS=2000 BENCH_DATA=FOLDER)
	@$(BIN)/python bench/web.py

fuzz: setup ## every form and the JSON API with what nobody should send (SECONDS=120 SEED=1)
	@$(BIN)/python bench/fuzz.py

race: setup ## twenty coordinators at once (PROCS=20 SECONDS=30 SEED=1)
	@$(BIN)/python bench/race.py

crash: setup ## kill -9, disk full, clock jump, database away, under load (ROUNDS=50 SEED=1 KINDS=database,worker,web,away,disk,clock)
	@$(BIN)/python bench/crash.py

replica-drill: setup ## two web, three workers and a streaming replica on this machine
	@$(BIN)/python bench/replica.py

restore-drill: setup ## backup, restore elsewhere and to a moment, compared row by row, in temporary folders
	@$(BIN)/python bench/restore_drill.py

look: setup ## pictures of every page and what axe, a telephone and a reader would find (OUT=FOLDER ONLY=board LANGS=fr,nl,en)
	@$(BIN)/python docs/look.py

screenshots: setup ## the pictures of docs/img, from the running demonstration world and a small study of the mesh (needs Chromium; ONLY=mesh WORLD=FOLDER)
	@$(BIN)/python docs/screenshots.py

upgrade-drill: setup ## from an older version to this one over a database that it filled (FROM=COMMIT)
	@$(BIN)/python bench/upgrade.py

sbom: setup ## what the product is made of, as CycloneDX: var/reports/sbom.cdx.json
	@$(BIN)/python docs/sbom.py

lock: ## resolve requirements/*.in again, with hashes
	@$(PYTHON) run setup
	@.uv/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url \
		-o requirements/installer.lock requirements/installer.in
	@.uv/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url \
		-o requirements/base.lock requirements/base.in
	@.uv/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url \
		-o requirements/dev.lock requirements/dev.in
	@.uv/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url \
		-o requirements/fuzz.lock requirements/fuzz.in
	@.uv/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url \
		-o requirements/side.lock requirements/side.in
	@.uv/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url \
		-o requirements/sbom.lock requirements/sbom.in
	@.uv/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url \
		-o requirements/spopt.lock requirements/spopt.in

mesh-example: setup ## the study of Kortrijk and its report in French and Dutch, in docs/examples/kortrijk
	@$(BIN)/python docs/mesh_example.py

clean: ## what can be made again; data in var/ and keys in .keys/ stay
	@rm -rf .venv .uv build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis staticfiles
	@find $(filter-out run,$(FORMATTED)) -name __pycache__ -prune -exec rm -rf {} +
	@find versants -name '*.mo' -delete
