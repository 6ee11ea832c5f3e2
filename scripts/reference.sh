#!/usr/bin/env bash
# Makes results/reference again: the main job, its sweeps and plots, and both public traces on the three systems; and results/validation.
# usage: reference.sh [folder with the public traces]   (default ../shared/traces)
set -euo pipefail
cd "$(dirname "$0")/.."
traces=${1:-../shared/traces}
for trace in AzureLLMInferenceTrace_conv.csv conversation_trace.jsonl; do
  [ -f "$traces/$trace" ] || { echo "reference: $traces/$trace is missing (README: where the public traces are to be had)" >&2; exit 1; }
done
out=output/reference
./scripts/run.sh "$out"
main=configs/experiments/cloudmatrix384_vs_nvidia.yaml
for pair in azure_conversation:AzureLLMInferenceTrace_conv.csv mooncake_conversation:conversation_trace.jsonl; do
  build/release/podsim run $main --set workload.trace="$traces/${pair#*:}" --set "measure=!replace {}" --out "$out/${pair%%:*}"
done
mkdir -p "$out/topologies"
for cluster in cloudmatrix384 gb200-nvl72; do
  build/release/podsim topology $cluster --export json="$out/topologies/$cluster.json"
  /usr/bin/python3 scripts/plot_topology.py "$out/topologies/$cluster.json" "$out/topologies/$cluster"
done
rm -rf results/reference
mkdir -p results/reference
(cd "$out" && find . \( -name summary.csv -o -name sweep.csv -o -name validation.csv -o -name manifest.yaml -o -name '*.png' -o -name '*.svg' \) -exec cp --parents {} ../../results/reference \;)
mkdir -p results/validation
mv results/reference/validation.* results/validation/
rm results/validation/validation.svg  # a mark a case
rm -f results/reference/cloudmatrix384_vs_nvidia/latency.svg  # one point a request: large, and the PNG shows it
du -sh results/reference
