#!/usr/bin/env bash
# Installs the Debian packages of apt-packages.txt that are missing, and builds podsim. Quick when nothing is missing.
# usage: setup.sh [preset]   (release, dev or tidy of CMakePresets.json; default release)
set -euo pipefail
cd "$(dirname "$0")/.."
preset=${1:-release}

missing=()
while read -r package; do
  [ -n "$package" ] || continue
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done < scripts/apt-packages.txt

if [ ${#missing[@]} -gt 0 ]; then
  as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "setup: these packages are missing and there is neither root nor sudo: ${missing[*]}" >&2; exit 1; }
    as_root=(sudo)
  fi
  echo "installing: ${missing[*]}"
  "${as_root[@]}" apt-get update -qq
  DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi

[ -f "build/$preset/CMakeCache.txt" ] || cmake --preset "$preset" >/dev/null
cmake --build --preset "$preset"
