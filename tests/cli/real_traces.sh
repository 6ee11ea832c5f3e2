# Both public traces run whole on all three systems of the main experiment, and every request is accounted for.
. tests/cli/lib.sh
. tests/support/csv.sh
traces=../shared/traces
azure=$traces/AzureLLMInferenceTrace_conv.csv mooncake=$traces/conversation_trace.jsonl
for trace in "$azure" "$mooncake"; do
  [ -r "$trace" ] || { echo "skipped: $trace is not here"; exit 77; }
done

# tokens FILE KEY: the sum over a trace; expected by system in requests.csv.
check_tokens() {
  check "$1: tokens of the requests are not those of the trace" python3 - "$@" <<'EOF'
import collections, csv, json, sys

trace, requests = sys.argv[1:]
if trace.endswith(".csv"):
    expected = [(int(r["ContextTokens"]), int(r["GeneratedTokens"])) for r in csv.DictReader(open(trace))]
else:
    expected = [(r["input_length"], r["output_length"]) for r in map(json.loads, open(trace))]
found = collections.defaultdict(list)
for r in csv.DictReader(open(requests)):
    found[r["system"]].append((int(r["input_tokens"]), int(r["output_tokens"])))
assert len(found) == 3 and all(rows == expected for rows in found.values())
EOF
}

run() {
  local trace=$1 count=$2 out=$work/$2
  expect 0 "^$count requests served by 3 systems" "$podsim" run configs/experiments/cloudmatrix384_vs_nvidia.yaml \
    --set "workload.trace=$trace" --out "$out"
  check "$trace: requests are not accounted for" all_accounted "$out/summary.csv" "$out/requests.csv" "$count"
  check_tokens "$trace" "$out/requests.csv"
  # Without a time limit every request ends: answered, or too long for the model.
  check "$trace: something is unfinished" [ "$(column "$out/summary.csv" unfinished | sort -u)" = 0 ]
}
run "$azure" 19366
run "$mooncake" 12031
finish
