# What a run writes: four files that account for every request, the same ones for the same seed, and a manifest to run again.
. tests/cli/lib.sh
. tests/support/csv.sh

# Two systems, of which one has separate pools.
cat >"$work/two.yaml" <<'EOF'
name: two
seed: 5
slo: {ttft: 2 s, tpot: 50 ms}
workload: {use: azure-conversation, requests: 300, arrivals: {rate: 12 /s}}
systems:
  dense: h100-llama70b
  pools: {use: gb200-r1, cluster: {nodes: 18}, deployment: {prefill: {instances: 2}, decode: {instances: 1}}}
EOF
run() {
  local out=$work/$1
  shift
  "$podsim" run "$work/two.yaml" --out "$out" "$@" >"$work/printed" 2>&1 || { echo "FAILED: run $*"; cat "$work/printed"; failures=$((failures + 1)); }
}
same() {
  local file
  for file in requests.csv steps.csv summary.csv; do check "$2 and $1 differ in $file" cmp -s "$work/$1/$file" "$work/$2/$file"; done
}

run first
check "the run says nothing of its systems" grep -q 'requests finished  *300 of 300  *300 of 300' "$work/printed"
check "not exactly these files: $(ls "$work/first")" [ "$(ls "$work/first" | tr '\n' ' ')" = 'manifest.yaml requests.csv steps.csv summary.csv ' ]
check 'requests are not accounted for' all_accounted "$work/first/summary.csv" "$work/first/requests.csv" 300
check 'no steps of both pools' [ "$(column "$work/first/steps.csv" pool | sort -u | tr '\n' ' ')" = 'colocated decode prefill ' ]

# The same seed gives the same bytes, however many processes there are; another seed does not.
run again
same first again
run one_job --jobs 1
same first one_job
run two_jobs --jobs 2
same first two_jobs
run other_seed --set seed=6
for file in requests.csv steps.csv summary.csv; do
  check "$file does not depend on the seed" eval "! cmp -s '$work/first/$file' '$work/other_seed/$file'"
done

# Rejected and unfinished requests are counted too.
run cut --set 'time_limit=10 s'
check 'requests of a run that was cut short are not accounted for' all_accounted "$work/cut/summary.csv" "$work/cut/requests.csv" 300
check 'nothing is unfinished at the time limit' [ "$(column "$work/cut/summary.csv" unfinished | sort -n | head -1)" -gt 0 ]
run long --set 'workload.input={min: 200000, median: 200000, max: 200001}' --set workload.requests=3
check 'requests beyond the context are not rejected' [ "$(column "$work/long/summary.csv" rejected | sort -u)" = 3 ]
check 'rejected requests are not accounted for' all_accounted "$work/long/summary.csv" "$work/long/requests.csv" 3

# The manifest's experiment, in a file of its own, is the run again.
/usr/bin/python3 -c 'import sys, yaml; yaml.safe_dump(yaml.safe_load(open(sys.argv[1]))["experiment"], open(sys.argv[2], "w"))' \
  "$work/first/manifest.yaml" "$work/resolved.yaml"
expect 0 'files in' "$podsim" run "$work/resolved.yaml" --out "$work/resolved"
same first resolved
check 'the manifest does not say what was typed' grep -q "^command: podsim run $work/two.yaml --out $work/first" "$work/first/manifest.yaml"
check 'the manifest does not say the seed' grep -q '^seed: 5$' "$work/first/manifest.yaml"

# The timeline.
run timeline --timeline
same first timeline
for system in dense pools; do
  check "timeline-$system.json is no JSON" python3 -m json.tool "$work/timeline/timeline-$system.json" /dev/null
  slices=$(grep -c '"ph":"X","pid":1' "$work/timeline/timeline-$system.json")
  check "$slices slices of $system for its steps" [ "$slices" -eq "$(column "$work/first/steps.csv" system | grep -c "^$system$")" ]
done

# Without --out the files are in output/NAME of the current folder.
expect 0 'files in output/two$' env -C "$work" "$podsim" run two.yaml
same first output/two
finish
