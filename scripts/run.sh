#!/usr/bin/env bash
# The main job: installs what is missing, builds, compares the three systems, sweeps cluster sizes and load, and draws the plots.
# usage: run.sh [output folder]   (default: output)
set -euo pipefail
cd "$(dirname "$0")/.."
out=${1:-output}
./scripts/setup.sh
podsim=build/release/podsim

$podsim run configs/experiments/cloudmatrix384_vs_nvidia.yaml --out "$out/cloudmatrix384_vs_nvidia"
$podsim validate --out "$out/validation.csv"
$podsim sweep configs/sweeps/cluster_size.yaml --out "$out/cluster_size"
$podsim sweep configs/sweeps/load.yaml --out "$out/load"

echo "drawing"
# Debian's Python: another python3 on the path need not have pandas and matplotlib.
/usr/bin/python3 scripts/plot_run.py "$out/cloudmatrix384_vs_nvidia"
/usr/bin/python3 scripts/plot_sweep.py "$out/cluster_size" --x packages --panels 4
/usr/bin/python3 scripts/plot_sweep.py "$out/load" --x requests_per_s
/usr/bin/python3 scripts/plot_validation.py "$out/validation.csv"
ls "$out"/*.png "$out"/*/*.png
