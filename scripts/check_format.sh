#!/usr/bin/env bash
# Fails when a C++ file is not formatted as .clang-format says. `check_format.sh --fix` formats them.
set -euo pipefail
cd "$(dirname "$0")/.."
mapfile -t files < <(find sim tests -name '*.hpp' -o -name '*.cpp')
if [ "${1:-}" = --fix ]; then
  clang-format -i "${files[@]}"
else
  clang-format --dry-run --Werror "${files[@]}"
  echo "${#files[@]} files formatted"
fi
