# make run     set up and open the window on the bundled sample (VIDEO=path for another)
# make test    set up, then static checks and all tests, in two halves side by side
# make check   static checks only
# make elsewhere   types once more, as they are on Windows and macOS
# make bench   the figures of docs/performance.md, measured here
# PYTHON names the interpreter to build the environment with: make PYTHON=python3.12 run

PYTHON ?= python3
VIDEO ?= resources/sample/sample.mp4
VENV := .venv
ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif

# A virtual screen where there is one, so that no window flashes over the desktop.
SCREEN = $$(command -v xvfb-run > /dev/null 2>&1 && echo "xvfb-run -a" || echo "env QT_QPA_PLATFORM=offscreen")

.PHONY: run test check elsewhere format bench clean

run: $(VENV)/.ready-to-run
	@$(BIN)/python main.py "$(VIDEO)"

test: check
	$(BIN)/python scripts/run_tests.py

check: $(VENV)/.ready-to-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/pyright --pythonpath $(BIN)/python

elsewhere: $(VENV)/.ready-to-test
	$(BIN)/pyright --pythonpath $(BIN)/python --pythonplatform Windows app core_model training main.py
	$(BIN)/pyright --pythonpath $(BIN)/python --pythonplatform Darwin app core_model training main.py

format: $(VENV)/.ready-to-test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.ready-to-test
	$(SCREEN) $(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) build *.egg-info

$(VENV)/.ready-to-run: pyproject.toml scripts/bootstrap.py
	@$(PYTHON) scripts/bootstrap.py --venv $(VENV)
	@touch $@

$(VENV)/.ready-to-test: pyproject.toml scripts/bootstrap.py
	@$(PYTHON) scripts/bootstrap.py --venv $(VENV) --dev
	@touch $(VENV)/.ready-to-run $@
