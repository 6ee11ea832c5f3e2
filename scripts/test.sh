#!/usr/bin/env bash
# Installs what is missing, builds and runs every test. Arguments go to ctest (for example: -L unit).
set -euo pipefail
cd "$(dirname "$0")/.."
./scripts/setup.sh
ctest --preset release --no-tests=error -j "$(nproc)" "$@"
