# `make sim` runs the cell, `make test` the checks; both set the machine up first.
OUT ?= out/sim
# Nodes that watch each other by the second do not run beside other tests.
PROCESSES = tests/processes

.PHONY: sim test
sim: .venv/ready
	.venv/bin/handpick compile
	.venv/bin/handpick sim --suite mixed --orders 40 --jobs 2 --out $(OUT)

test: .venv/ros
	.venv/bin/handpick compile
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/python -m pytest -n auto --dist loadfile --ignore=$(PROCESSES)
	.venv/bin/python -m pytest $(PROCESSES)

# Third-party wheels of ROS 2, for tests alone; there are none but for x86-64: elsewhere its tests are skipped.
.venv/ros: .venv/ready
	if [ "$$(uname -m)" = x86_64 ]; then \
	    .venv/bin/python -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[dev,identity,ros-ci]'; fi
	touch .venv/ros

.venv/ready: install.sh setup.cfg pyproject.toml constraints.txt
	./install.sh
