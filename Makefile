# Everything there is to do with Leerlijn. `make` lists it; each target shows the commands it runs.

PYTHON ?= python3
VENV   ?= .venv
PORT   ?= 8000
MODE   ?= demo

# Without CITY and DATA: the sample. With DATA: that folder or feed is loaded. With CITY alone: what the store holds.
ifeq ($(origin CITY)$(origin DATA),undefinedundefined)
DATA := data/sample
endif
ifdef DATA
CITY ?= $(or $(shell sed -n 's/^id *= *"\([^"]*\)".*/\1/p' '$(DATA)/city.toml' 2>/dev/null),$(notdir $(abspath $(DATA))))
FEED ?= $(if $(shell ls '$(DATA)'/activities.csv '$(DATA)'/activities.parquet 2>/dev/null),folder,$(CITY))
# An agenda knows no people: some are invented, to have somebody to recommend to.
LEARNERS ?= $(if $(filter-out folder,$(FEED)),2000)
endif

LEERLIJN_HOME ?= var
# For train-all: a folder with a folder per city instead of the store, and where the work is done.
CITIES ?=
ENGINE ?= local
PRIVACY_EPSILON ?=

py     := $(VENV)/bin/python
made   := $(VENV)/.made
lean   := $(VENV)/.installed-to-run
full   := $(VENV)/.installed-to-develop
config := $(if $(CONFIG),--config '$(CONFIG)')
city    = --city '$(CITY)'
pip    := $(py) -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help install run test lint audit check data travel train train-all evaluate compare report is_judged publish is_published rollback backup restore store-check repair serve bench prove clean port_is_free

help: ## List every target
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile
	@printf '\n%s\n' 'Variables, as in: make run CITY=madrid DATA=../shared/data/feeds/madrid PORT=8001'
	@printf '%s\n' \
	  '  DATA           folder or feed to load; the default is the sample, data/sample' \
	  '  CITY           id of the city; the default is the one of DATA' \
	  '  FEED           how to read DATA: folder when activities.csv is in it, else the name of the city' \
	  '  LEARNERS       how many learners to invent over DATA; 2000 for a feed, none for a folder' \
	  '  CONFIG         settings of the model, a TOML file' \
	  '  CITIES         folder with a folder per city, for train-all; without it the cities of the store' \
	  '  ENGINE         where train-all works: local, or dask://scheduler:8786' \
	  '  PRIVACY_EPSILON  how much a release may tell of one learner, 4 or less; see docs/privacy.md' \
	  '  PORT           where to serve, 8000' \
	  '  MODE           demo (no key, sample and simulated cities) or keys' \
	  '  LEERLIJN_HOME  folder for the store, the releases and the reports, var' \
	  '  PYTHON         Python 3.11 or newer to make .venv with, python3'

install: $(full) ## Make .venv with everything, pinned: to run, to test and to develop

run: port_is_free data train is_judged is_published serve ## From nothing to a served city with an example: load, train, evaluate, publish, serve

test: $(full) ## Run the tests; long proofs are in `make prove`
	$(py) -m pytest

lint: $(full) ## Check format, style, types and who imports whom
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/ruff check
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

audit: $(full) ## Look for weak spots: bandit on our own code, pip-audit on what it depends on
	$(py) .ci/audit

check: lint test ## Everything that must hold before a change goes in: lint and test

data: $(lean) ## Load a city into the store
ifdef DATA
	$(py) -m training load '$(DATA)' --feed '$(FEED)' $(city) $(if $(LEARNERS),--learners $(LEARNERS))
else
	@echo 'Taking the city $(CITY) as the store holds it; DATA=folder would load it anew.'
endif

train: data ## Load, then fit a release; it is not in service yet
	$(py) -m training train $(city) $(config) $(if $(PRIVACY_EPSILON),--privacy-epsilon '$(PRIVACY_EPSILON)')

train-all: $(lean) ## Train every city of the store, or of the folder CITIES, side by side
	$(py) -m training train-all $(if $(CITIES),--data '$(CITIES)') --engine '$(ENGINE)' $(config)

load: data ## The same as data

travel: $(full) ## Give the city its streets and its timetable: STREETS=map.osm.pbf TIMETABLE=gtfs.zip
	$(py) -m training travel $(city) $(if $(STREETS),--streets '$(STREETS)') $(if $(TIMETABLE),--timetable '$(TIMETABLE)')

evaluate: $(lean) ## Measure the newest release beside simple lists, judge whether it may go live, write figures and pages
	$(py) -m training evaluate $(city) $(config)

report: $(lean) ## Write the pages of a coordinator, to open, mail or print; evaluates first when need be
	@test -f '$(LEERLIJN_HOME)/$(CITY)/reports/evaluation.json' || $(py) -m training evaluate $(city) $(config)
	$(py) -m training report $(city)

compare: $(lean) ## Put two releases or settings side by side: A=current B=settings.toml
	$(py) -m training compare '$(A)' '$(B)' $(city)

publish: $(lean) ## Put the newest release in service if its evaluation allows it, else the simplest where nothing is
	$(py) -m training publish $(city)

# Figures without pages: `make report` draws those.
is_judged: $(lean)
	$(py) -m training evaluate $(city) $(config) --no-pages

# What is in service is served, also when what is new may not replace it.
is_published: $(lean)
	@$(py) -m training publish $(city) || test -s '$(LEERLIJN_HOME)/$(CITY)/releases/current'

rollback: $(lean) ## Put the release that was in service before back
	$(py) -m training rollback $(city)

backup: $(lean) ## Write everything of a city to one file, TO=file.zip
	$(py) -m training backup '$(or $(TO),$(LEERLIJN_HOME)/backups/$(CITY)-$(shell date +%Y%m%dT%H%M%S).zip)' $(city)

restore: $(lean) ## Put a city back from such a file, FROM=file.zip
	$(py) -m training restore '$(FROM)'

store-check: $(lean) ## Look whether the store is whole, and what is in it
	$(py) -m training inspect

repair: $(lean) ## Say which records to mend first, so that most learners gain something to go to
	$(py) -m training repair $(city)

serve: $(lean) ## Serve the city in the foreground, and print an example; stop with Ctrl+C
	@$(py) -m api serve $(city) --port $(PORT) --mode $(MODE) --example

bench: $(full) ## Measure the engine side by side with others on public data
	$(py) -m benchmarks.ranking

prove: $(full) ## Run the long proofs
	$(py) -m pytest -m prove

clean: ## Remove .venv and every cache; what LEERLIJN_HOME holds stays
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A port that is taken is better known before the work than after it.
port_is_free: $(made)
	@$(py) -m api.listen '$(PORT)'

$(made):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo 'Leerlijn needs Python 3.11 or newer, and $(PYTHON) is not. Name another one: make $(MAKECMDGOALS) PYTHON=python3.12'; exit 1; }
	$(PYTHON) -m venv $(VENV) || \
	  { echo 'Could not make $(VENV). On Debian or Ubuntu, first: apt-get install python3-venv'; exit 1; }
	@touch $@

$(lean): $(made) pyproject.toml constraints.txt
	@test -f $(full) || echo 'Installing what it takes to run, about a minute the first time ...'
	@if test -f $(full); then $(pip) '.[dev]'; else $(pip) .; fi
	@touch $@

$(full): $(made) pyproject.toml constraints.txt
	@echo 'Installing everything, about a minute the first time ...'
	@$(pip) '.[dev]'
	@touch $(lean) $@
