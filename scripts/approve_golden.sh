#!/usr/bin/env bash
# Replaces the approved results of tests/golden by what the program gives now. Look at the diff before you commit it.
set -euo pipefail
cd "$(dirname "$0")/.."
./scripts/setup.sh
./build/release/tests/test_golden --list-test-names-only | while read -r name; do
  PODSIM_APPROVE=1 ./build/release/tests/test_golden "$name" >/dev/null </dev/null
done
git diff --stat -- tests/golden
