# make run: the book.  make test: every test.  Both set up .venv first if it is needed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
export HF_HUB_OFFLINE ?= 1
export HF_HUB_DISABLE_TELEMETRY = 1
export GRADIO_ANALYTICS_ENABLED = False

CLEAN := env -u PHI_MODEL -u PHI_SEED -u PHI_API_KEY  # tests judge the book, not the settings of a shell

# Chapters that run a second time, under nbval: those that train nothing. All are held to their marked outputs in the first run.
AGAIN := $(wildcard cookbook/0[123]_*.ipynb)

.PHONY: help setup web run test bench lab demo docs notebooks lint lock clean

help:            ## list the targets
	@grep -E '^[a-z]+: .*##|^[a-z]+:  .*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

setup: $(STAMP)  ## make .venv and install what the lock file lists

$(STAMP): shared/requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: set PYTHON=python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r shared/requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(STAMP)

run: setup       ## execute the book, print the claims, the time and where to look
	$(BIN)/cookbook run

web: setup       ## fetch onnxruntime-web from npm for the page of chapter 06; Chromium for its tests where apt-get can
	@command -v npm > /dev/null || echo "npm is missing: the browser page is left out (install Node.js 18 or newer)"
	@if command -v npm > /dev/null; then $(BIN)/python -c 'from phicookbook.edge.page import runtime; runtime()'; fi
	@command -v chromium > /dev/null || command -v chromium-browser > /dev/null || { command -v apt-get > /dev/null && test "$$(id -u)" = 0 \
	  && apt-get -qq update && apt-get -qq install -y chromium > /dev/null; } || echo "Chromium is missing: its tests are skipped"

test: setup web  ## every test: units in parallel, then the chapters and their outputs
	$(BIN)/python -m pytest -n 2 tests --ignore=tests/notebooks/test_run.py -p no:cacheprovider -q
	$(CLEAN) $(BIN)/python -m pytest tests/notebooks/test_run.py -p no:cacheprovider -q
	$(CLEAN) PHI_THREADS=1 OMP_NUM_THREADS=1 PHI_ARTIFACTS=$$(mktemp -d) $(BIN)/python -m pytest --nbval-lax -n 2 --dist loadfile $(AGAIN) -p no:cacheprovider -q

bench: setup     ## measure speed, on a machine that does nothing else
	$(BIN)/python -m pytest tests/benchmarks/bench_*.py -p no:cacheprovider -q -s
	DEMO_SECONDS=5 $(BIN)/python -m pytest tests/demos/test_presenter.py -k replaced -p no:cacheprovider -q

lab: setup       ## open the chapters in JupyterLab
	$(BIN)/jupyter lab cookbook

demo: setup      ## open the workshop in a browser
	$(BIN)/cookbook demo

docs: setup      ## build the site of chapters, claims, results and reference in docs/_build/html
	$(BIN)/python -m phicookbook.book.site

notebooks: setup ## Restart & Run All for every chapter, in place
	for chapter in cookbook/[0-9]*.ipynb; do $(BIN)/python -m phicookbook.book.save $$chapter || exit 1; done

lint: setup      ## ruff over code and notebooks
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

CUDA := cublas cuda-cupti cuda-nvrtc cuda-runtime cudnn-cu13 cufft cufile curand cusolver cusparse cusparselt-cu13 nccl-cu13 nvjitlink nvshmem-cu13 nvtx
lock: setup      ## resolve the lock file anew; torch's CUDA packages are left for pip to choose
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --extra test --extra docs --universal --python-version 3.11 --upgrade --no-annotate --no-header \
	  $(CUDA:%=--no-emit-package nvidia-%) --no-emit-package cuda-bindings --no-emit-package cuda-pathfinder \
	  --no-emit-package cuda-toolkit --no-emit-package triton --quiet -o shared/requirements.lock

clean:           ## remove the environment and what the chapters made; training runs of pocket and your progress stay
	rm -rf $(VENV) docs/_build .artifacts/edge .artifacts/executed .artifacts/headlines .artifacts/ledger .artifacts/models
