#!/bin/sh
# run.sh BUILD_DIR: all benchmarks, on a memory disk.
set -eu
work=${KASANE_BENCH_DIR:-/dev/shm/kasane-bench}
mkdir -p "$work"
exec "${PYTHON:-/usr/bin/python3}" -B "$(dirname "$0")/run.py" "$1" "$work"
