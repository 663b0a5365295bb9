# Two commands for a newcomer: `make demo` and `make test`. Everything lands in .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
LOCKED := install --no-deps --require-hashes
WORKSPACE ?= earmark-data

.PHONY: setup web demo test acceptance bench-asr bench-sentiment bench-measures bench-redaction bench-rescore bench-scorecards bench-console bench-capacity bench-encryption bench-rules bench-reasons judge-model bench-judge check format samples lock dist clean

setup: $(VENV)/.installed app/web/static/vendor/htmx.min.js

web: app/web/static/vendor/htmx.min.js

# The console's scripts come from npm, the machine's own or one from the package index.
app/web/static/vendor/htmx.min.js: package-lock.json tools/build_web.py $(VENV)/.installed
	@command -v npm >/dev/null || $(PIP) $(LOCKED) -r requirements-node.lock
	@$(BIN)/python tools/build_web.py || echo "The console works without them, but shows no waveform; make web tries again."

# Torch first: its CPU build where pip finds one, else the index's build with the libraries that this one loads.
$(VENV)/.installed: requirements-build.lock requirements-torch-cpu.lock requirements-torch.lock requirements.lock pyproject.toml
	@echo "Installing into $(VENV) (a few minutes the first time) ..."
	@$(PYTHON) -c 'import sys; sys.exit("Earmark needs Python 3.11 or newer, this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) $(LOCKED) -r requirements-build.lock
	@$(PIP) $(LOCKED) -r requirements-torch-cpu.lock 2>/dev/null || $(PIP) $(LOCKED) -r requirements-torch.lock
	@$(PIP) $(LOCKED) --no-build-isolation -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@echo "Putting models together ..."
	@$(BIN)/python -m flows.first_use || echo "That is tried again by the first run."
	@touch $@

demo: setup
	@$(BIN)/earmark run samples/audio --config samples/earmark.toml --workspace $(WORKSPACE)

test: setup
	@$(BIN)/pytest --numprocesses auto --dist loadfile

# What users were promised, command by command, on the sample calls: about 15 minutes. Not part of `make test` yet.
acceptance: setup
	@$(BIN)/pytest --override-ini addopts="-q --import-mode=importlib" tests/acceptance

# Earmark's hearing beside the libraries it is built on, into benchmarks/RESULTS.md: an hour or more on two cores.
# BENCH takes options: make bench-asr BENCH="--only words --repeat 3".
bench-asr: setup
	@$(BIN)/python -m benchmarks.asr $(BENCH)

# Sentiment beside VADER and TextBlob, into benchmarks/SENTIMENT.md: two minutes. BENCH="--turns FILE" adds labelled turns.
bench-sentiment: setup
	@$(BIN)/python -c 'import textblob' 2>/dev/null || $(PIP) install 'textblob>=0.19'
	@$(BIN)/python -m benchmarks.sentiment $(BENCH)

# Dead air, overtalk and talk share of the sample calls against the truth: five minutes. BENCH takes options.
bench-measures: setup
	@$(BIN)/python -m benchmarks.measures $(BENCH)

# Disclosures found and wrongly found, Earmark beside what people would use instead, and how fast, into benchmarks/RULES.md:
# five minutes. BENCH="--sets first --misses" tells what was missed.
bench-rules: setup
	@$(BIN)/python -m benchmarks.rules $(BENCH)

# Contact reasons by groups and by rules, beside TF-IDF and other groupings, into benchmarks/REASONS.md: three minutes.
bench-reasons: setup
	@$(BIN)/python -m benchmarks.reasons $(BENCH)

# What masking leaves of 200 made secrets in text and sound, into benchmarks/REDACTION.md: a minute. BENCH takes options.
bench-redaction: setup
	@$(BIN)/python -m benchmarks.redaction $(BENCH)

# A small language model and a server for it, to try the judge with, into .venv-judge: 130 MB (docs/judge.md).
judge-model: .venv-judge/.installed

.venv-judge/.installed: requirements-judge.lock
	@test -x .venv-judge/bin/python || $(PYTHON) -m venv .venv-judge
	@.venv-judge/bin/python -m pip --disable-pip-version-check --quiet $(LOCKED) -r requirements-judge.lock
	@touch $@
	@echo "Serve it with: .venv-judge/bin/python tools/judge_server.py --port 8080"

# How often that model answers in form, and cites what was said, into benchmarks/JUDGE.md: minutes. BENCH="--url URL
# --model NAME" asks another one.
bench-judge: setup judge-model
	@$(BIN)/python -m benchmarks.judge $(BENCH)

# 10,000 calls scored again from stored facts, into benchmarks/RESCORE.md: ten minutes, most of them to make the calls.
bench-rescore: setup
	@$(BIN)/python -m benchmarks.rescore $(BENCH)

# All scorecards of a month of 200,000 calls, into benchmarks/SCORECARDS.md: ten minutes, most of them to make the calls.
# BENCH="--calls 20000" is quick.
bench-scorecards: setup
	@$(BIN)/python -m benchmarks.scorecards $(BENCH)

# Every page of the console on 100,000 made calls, into benchmarks/CONSOLE.md: twenty minutes, most of them to make the
# calls. BENCH="--calls 10000" is quick.
bench-console: setup
	@$(BIN)/python -m benchmarks.console $(BENCH)

# Scoring, reading and storing with and without a key at rest, into benchmarks/ENCRYPTION.md: five minutes.
# BENCH="--calls 5 --rounds 2" is quick.
bench-encryption: setup
	@$(BIN)/python -m benchmarks.encryption $(BENCH)

# Calls per hour and core, growth of the database, and the console on a million calls in PostgreSQL, into
# benchmarks/CAPACITY.md: an hour and a half on two cores, 20 GB of disk. It needs PostgreSQL's programs.
bench-capacity: setup
	@$(BIN)/python -m benchmarks.capacity work
	@$(BIN)/python -m benchmarks.capacity console
	@$(BIN)/python -m benchmarks.capacity sheet --write

# Pictures of the console in docs/images, of the calls of `make demo`.
pictures: setup
	@PICTURES_OF=$(abspath $(WORKSPACE)) $(BIN)/pytest tests/web/browser/test_pictures.py

check: setup
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/earmark rules check
	@$(BIN)/earmark rubrics check
	@$(BIN)/earmark rubrics test

format: setup
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

# Speaks samples/scripts/*.yaml again; what it needs is in samples/README.md. The demo does not need it.
samples:
	@test -x .venv-samples/bin/python || $(PYTHON) -m venv .venv-samples
	@.venv-samples/bin/python -m pip --disable-pip-version-check --quiet install -r samples/requirements.txt
	@.venv-samples/bin/python samples/speak.py

# Needs uv. Commit what it writes.
lock:
	@$(PYTHON) tools/lock.py

# Source distribution and wheel into dist/: what a machine without the checkout installs (docs/install.md).
dist: setup
	@$(BIN)/python -m tools.dist

clean:
	rm -rf $(VENV) .venv-samples .venv-judge .mypy_cache .ruff_cache .pytest_cache .hypothesis
