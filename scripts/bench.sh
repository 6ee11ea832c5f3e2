#!/usr/bin/env bash
# Speed and memory of whole runs (start-up, loading, simulation, CSV) with the release build: simulated requests a second,
# step events a second and peak memory. Then large networks: build, route and cost an all-to-all among all endpoints, by size.
# Medians of three runs.
# usage: bench.sh [folder with the public traces]   (default ../shared/traces; trace rows are left out where it is absent)
set -euo pipefail
cd "$(dirname "$0")/.."
./scripts/setup.sh >/dev/null
traces=${1:-../shared/traces}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cat > "$work/one.yaml" <<'YAML'
name: bench
slo: {ttft: 2 s, tpot: 50 ms}
workload: {use: deepseek-r1-reasoning, requests: 20000, arrivals: {rate: 150 /s}}
systems: {one: cloudmatrix384-r1}
YAML

printf '%-52s %9s %8s %12s %12s %9s\n' "run" "requests" "time, s" "requests/s" "steps/s" "peak, MB"
measure() {  # LABEL ARGUMENTS...
  local label=$1
  shift
  for _ in 1 2 3; do
    /usr/bin/time -f '%e %M' -o "$work/time" build/release/podsim run "$work/one.yaml" --jobs 1 --out "$work/out" "$@" >/dev/null
    cat "$work/time"
  done | sort -n | sed -n 2p > "$work/median"
  local requests steps
  requests=$(($(wc -l < "$work/out/requests.csv") - 1))
  steps=$(($(wc -l < "$work/out/steps.csv") - 1))
  awk -v label="$label" -v n="$requests" -v steps="$steps" \
    '{ t = $1 < 0.01 ? 0.01 : $1; printf "%-52s %9d %8.2f %12.0f %12.0f %9.0f\n", label, n, $1, n / t, steps / t, $2 / 1024 }' "$work/median"
}

for system in cloudmatrix384-r1 h800-r1 gb200-r1; do
  if [ -f "$traces/AzureLLMInferenceTrace_conv.csv" ]; then
    measure "Azure conversation hour, $system" --set "systems.one=$system" --set "workload.trace=$traces/AzureLLMInferenceTrace_conv.csv"
    measure "Mooncake conversation hour, $system" --set "systems.one=$system" --set "workload.trace=$traces/conversation_trace.jsonl"
  fi
  measure "R1 reasoning at 150/s, $system" --set "systems.one=$system"
done
if [ -f "$traces/conversation_trace.jsonl" ]; then
  measure "Azure conversation hour, 8 x H100 colocated" --set "systems.one={use: h100-llama70b, cluster: {nodes: 1}, deployment: {colocated: {instances: 2}}}" \
    --set "workload.trace=$traces/AzureLLMInferenceTrace_conv.csv"
  a100() {  # LABEL TRACE SYSTEM
    measure "$1" --set "workload.trace=$traces/workloads/$2" --set "systems.one=$3"
  }
  a100 "4096 at 6.45/s, Llama-3.1-8B, one A100" w1_4096_at_6.45.csv a100-llama8b
  a100 "4096 at 2/s, Llama-3.1-70B TP4" w2_4096_at_2.csv a100-llama70b
  a100 "4096 at 32/s, 16 x TP4" w3_4096_at_32.csv "{use: a100-llama70b, cluster: {nodes: 8}, deployment: {colocated: {instances: 16}}}"
  a100 "16384 at 64/s, 32 x TP4" w4_16384_at_64.csv "{use: a100-llama70b, cluster: {nodes: 16}, deployment: {colocated: {instances: 32}}}"
fi
# What the answers' length and the instances behind one router cost.
short="!replace {distribution: fixed, tokens: 200}" long="!replace {distribution: fixed, tokens: 800}"
measure "20000 requests of 200 tokens" --set workload.output="$short" --set workload.arrivals.rate="100 /s"
measure "20000 requests of 800 tokens" --set workload.output="$long" --set workload.arrivals.rate="100 /s"
h100() {  # INSTANCES NODES RATE
  measure "20000 requests, $1 instances of H100 TP4" --set workload.output="$short" --set workload.arrivals.rate="$3 /s" \
    --set "systems.one={use: h100-llama70b, cluster: {nodes: $2}, deployment: {colocated: {instances: $1}}}"
}
h100 1 1 5
h100 64 32 320
for count in 10000 100000 1000000; do
  measure "$count requests of 200 tokens, cloudmatrix384-r1" --set workload.requests=$count --set workload.arrivals.rate="500 /s" \
    --set workload.output="!replace {distribution: fixed, tokens: 200}" --set workload.input="!replace {distribution: fixed, tokens: 1000}"
done

cat > "$work/tree.yaml" <<'YAML'
name: two tiers, eight sub-planes
chip: h100-sxm
nodes: 512
packages_per_node: 8
node_power: 1 kW
planes:
  net:
    kind: fat_tree
    spread: spray
    endpoints_per_leaf: 256
    sub_planes: 8
    link: {name: l, bandwidth: 100 Gb/s, latency: 1 us}
    leaf_switch: {name: s, ports: 512, power: 1 kW}
YAML
printf '\n%-52s %9s %8s %12s %12s %9s\n' "network: statistics and all-to-all" "endpoints" "time, s" "exponent" "" "peak, MB"
before=""
for nodes in 512 2048 8192; do
  for _ in 1 2 3; do
    /usr/bin/time -f '%e %M' -o "$work/time" build/release/podsim topology "$work/tree.yaml" --set nodes=$nodes >/dev/null
    cat "$work/time"
  done | sort -n | sed -n 2p > "$work/median"
  awk -v n=$((nodes * 8)) -v before="$before" '{ split(before, b); growth = before == "" || b[1] == 0 ? "" : sprintf("%.2f", log($1 / b[1]) / log(n / b[2]))
    printf "%-52s %9d %8.2f %12s %12s %9.0f\n", "fat tree, two tiers, 8 sub-planes", n, $1, growth, "", $2 / 1024 }' "$work/median"
  before="$(cut -d' ' -f1 "$work/median") $((nodes * 8))"
done
# A tree of three tiers, and an all-to-all of 512 ranks costed again: they print what they measure.
for name in "106,496 endpoints on three tiers take less than 60 s and 8 GiB" "An all-to-all of 512 ranks is costed again within milliseconds"; do
  build/release/tests/test_property "${name//,/\\,}" | grep -A1 'warning:' | grep -v -e warning: -e '^--' | sed "s|^|$name: |"
done
