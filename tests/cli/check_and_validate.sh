# `check` prints what would run, `validate` predictions beside published figures.
. tests/cli/lib.sh
. tests/support/csv.sh

for experiment in configs/experiments/*.yaml; do expect 0 'requests \(' "$podsim" check "$experiment"; done
main=configs/experiments/cloudmatrix384_vs_nvidia.yaml
expect 0 '^cloudmatrix384_vs_nvidia: 60000 requests \(deepseek-r1-reasoning\)$' "$podsim" check "$main"
expect 0 '^cloudmatrix384: CloudMatrix384, 384 packages \(768 endpoints of Ascend 910C\) in 48 nodes, deepseek-r1$' "$podsim" check "$main"
expect 0 'decode: 2 x 144 endpoints \(tensor 1, pipeline 1, data 144, expert 144, sequence 1\), KV cache for ' "$podsim" check "$main"
expect 0 '60000 requests' "$podsim" check "$main" --set seed=3
expect 0 '^.*: 77 requests' "$podsim" check "$main" --set workload.requests=77
expect_mistake 'systems.h800.pue: must lie between 1 and 3' "$podsim" check "$main" --set systems.h800.pue=0

expect 0 '^[0-9]+ cases: median error [0-9.]+ %, worst [0-9.]+ %$' "$podsim" validate --set pools
expect 0 'dispatch +combine' "$podsim" validate --set pools --parts
# Without a set: all of them, serving runs too.
expect 0 '^throughput, h100-sxm, ' "$podsim" validate --out "$work/all.csv"
check 'a set is missing' [ "$(column "$work/all.csv" set | sort -u | wc -l)" -eq "$(ls configs/validation/*.yaml | wc -l)" ]
expect 0 '^[0-9]+ cases: median error [0-7]\.[0-9] %, worst [1-6]?[0-9]\.[0-9] %$' "$podsim" validate --set fabric
expect 0 '^[0-9]+ cases that no constant has seen: median error [0-7]\.[0-9] %' "$podsim" validate --set fabric
expect 0 '^UB between two dies or a die and a CPU, bandwidth +8 +0 +[0-9.]+ % +[0-9.]+ % +worst 5 % +held$' "$podsim" validate --set fabric
check 'a group of the fabric misses its goal' [ -z "$("$podsim" validate --set fabric | grep ' missed$')" ]
printf '%s\n' 'groups:' '  - {group: g, goal: {worst: 0.01}, cases: [{case: c, cluster: hgx-h100, operation: all_reduce, ranks: 8, bytes: 1 MB, published: 1 s, source: s, channel: {library: nccl, planes: [nvlink]}}]}' '  - {group: h, goal: {mean: 1}, cases: []}' >"$work/groups.yaml"
expect_mistake '^podsim: .*/groups.yaml:3: groups.1.goal.mean: unknown key "mean"' "$podsim" validate "$work/groups.yaml"
sed -i 's/group: h, goal: {mean: 1}/group: g/' "$work/groups.yaml"
expect_mistake '^podsim: .*/groups.yaml:3: groups.1.group: "g" stands here twice$' "$podsim" validate "$work/groups.yaml"
sed -i 3d "$work/groups.yaml"
expect 0 '^g +1 +1 +100.0 % +100.0 % +worst 1 % +missed$' "$podsim" validate "$work/groups.yaml"
expect_mistake '^podsim: --set: no validation named "fabrik"; did you mean "fabric"' "$podsim" validate --set fabrik
cases=$(grep -c '  - case:' configs/validation/pools.yaml)
expect 0 "^$cases cases" "$podsim" validate configs/validation/pools.yaml --out "$work/table.csv"
check 'the table has no row a case' [ "$(column "$work/table.csv" error | wc -l)" -eq "$cases" ]
check 'an error is not predicted / published - 1' python3 -c '
import csv, sys
for r in csv.DictReader(open(sys.argv[1])):
    assert abs(float(r["predicted"]) / float(r["published"]) - 1 - float(r["error"])) < 1e-6, r' "$work/table.csv"

# bad PATTERN CASE: the case is refused at its line with that message.
bad() {
  printf '%s\n' 'cases:' "  - {$2}" >"$work/cases.yaml"
  expect_mistake "^podsim: .*/cases.yaml:2: cases.0$1" "$podsim" validate "$work/cases.yaml"
}
pool='case: c, system: h800-r1'
load='published: 50, source: s, sequences_per_package: 8, context: 100'
bad '.pool: "train" is not one of prefill, decode$' "$pool, pool: train, metric: tpot_ms, $load"
bad '.metric: "ms" is not one of tokens_per_s_per_package, tpot_ms, step_ms' "$pool, pool: decode, metric: ms, $load"
bad ': the key "published" is missing$' "$pool, pool: decode, sequences_per_package: 8, context: 100, metric: tpot_ms"
bad '.typo: unknown key "typo"' "$pool, pool: decode, metric: tpot_ms, $load, typo: 1"
collective='case: c, cluster: hgx-h100, operation: all_reduce, published: 1 ms, source: s, bytes: 1 MB'
bad '.ranks: must lie between 2 and 16, not 17$' "$collective, channel: {library: nccl, planes: [nvlink]}, ranks: 17"
bad '.ranks.1: .* has no endpoint or device "16" \(endpoints 0 to 15\)$' "$collective, channel: {library: nccl, planes: [nvlink]}, ranks: [0, 16]"
bad '.ranks.1: "3" stands here twice$' "$collective, channel: {library: nccl, planes: [nvlink]}, ranks: [3, 3]"
bad '.ranks: must name two endpoints at least$' "$collective, channel: {library: nccl, planes: [nvlink]}, ranks: [0]"
bad '.channel.planes.0: "ub" is no plane of' "$collective, channel: {library: nccl, planes: [ub]}, ranks: 8"
bad '.channel.library: .* describes no all_reduce$' "$collective, channel: {library: mooncake, planes: [nvlink]}, ranks: 8"
bad '.channel: no plane of this traffic joins endpoints' "$collective, channel: {library: nccl, planes: [nvlink]}, ranks: 16"
bad '.channel: .* cannot do all_reduce here: its one_shot needs one plane that joins all ranks$' \
  "$collective, channel: {library: {name: x, operations: {all_reduce: {algorithm: one_shot, overhead: 1 us, efficiency: 1}}}, planes: [nvlink, ib]}, ranks: 16"
printf '%s\n' 'chip,model,engine,tp,input_tokens,output_tokens,requests,tpot_ms,cited' 'none,llama-3.1-8b,vllm,1,10,10,5,10,here' >"$work/runs.csv"
echo 'runs: [runs.csv]' >"$work/cases.yaml"
expect_mistake "^podsim: .*/runs.csv:2: .*none" "$podsim" validate "$work/cases.yaml"
echo 'cases: []' >"$work/cases.yaml"
expect_mistake '^podsim: no cases to validate$' "$podsim" validate "$work/cases.yaml"
finish
