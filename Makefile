# `make sim` runs the cell, `make test` the checks; both set the machine up first.
OUT ?= out/sim

.PHONY: sim test
sim: .venv/ready
	.venv/bin/handpick compile
	.venv/bin/handpick sim --suite mixed --orders 40 --jobs 2 --out $(OUT)

test: .venv/ros
	.venv/bin/handpick compile
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/python -m pytest -n auto --dist loadfile

.venv/ros: .venv/ready
	.venv/bin/python -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[dev,ros-ci]'
	touch .venv/ros

.venv/ready: install.sh setup.cfg pyproject.toml constraints.txt
	./install.sh
