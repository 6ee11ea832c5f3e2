# A sweep writes one row a point and system; a point that fails is a row with its error, and the others go on.
. tests/cli/lib.sh
. tests/support/csv.sh

cat >"$work/two.yaml" <<'EOF'
name: two
slo: {ttft: 2 s, tpot: 50 ms}
workload: {use: azure-conversation, requests: 40}
systems: {a: h100-llama70b, b: {use: h100-llama70b, pue: 1.5}}
EOF
cat >"$work/sweep.yaml" <<'EOF'
name: tiny
experiment: ./two.yaml
set: {workload: {requests: 20}}
axes:
  - {key: seed, values: [1, 2, 3]}
  - name: layout
    points:
      wide: {systems: {a: {use: h100-llama70b, deployment: {colocated: {instances: 2, parallel: {tensor: 8}}}}}}
      narrow: {}
EOF
sweep() {
  local status=$1 pattern=$2 out=$work/$3
  shift 3
  expect "$status" "$pattern" "$podsim" sweep "$work/sweep.yaml" --out "$out" "$@"
}
values() { column "$work/$1/sweep.csv" "$2" | tr '\n' ' '; }

sweep 0 '^12 runs, 0 failed' whole
check "not exactly these files: $(ls "$work/whole")" [ "$(ls "$work/whole" | tr '\n' ' ')" = 'manifest.yaml sweep.csv ' ]
check "points: $(values whole point)" [ "$(values whole point)" = '0 0 1 1 2 2 3 3 4 4 5 5 ' ]
check "seeds: $(values whole seed)" [ "$(values whole seed)" = '1 1 1 1 2 2 2 2 3 3 3 3 ' ]
check "layouts: $(values whole layout)" [ "$(values whole layout)" = 'wide wide narrow narrow wide wide narrow narrow wide wide narrow narrow ' ]
check "systems: $(values whole system)" [ "$(values whole system)" = 'a b a b a b a b a b a b ' ]
check "requests: $(values whole requests)" [ "$(column "$work/whole/sweep.csv" requests | sort -u)" = 20 ]
check "finished: $(values whole finished)" [ "$(column "$work/whole/sweep.csv" finished | sort -u)" = 20 ]
check 'errors without an error' [ -z "$(column "$work/whole/sweep.csv" error | tr -d '\n')" ]

# A row is what a run of the point says.
expect 0 'files in' "$podsim" run "$work/two.yaml" --set seed=2 --set workload.requests=20 --out "$work/point"
check 'a point is not what its run says' [ "$(sed -n 8,9p "$work/whole/sweep.csv" | cut -d, -f5-)" = "$(sed -n 2,3p "$work/point/summary.csv")" ]
sweep 0 '^12 runs, 0 failed' one_job --jobs 1
check 'the number of jobs changes the table' cmp -s "$work/whole/sweep.csv" "$work/one_job/sweep.csv"
sweep 0 '^12 runs, 0 failed' set --set workload.requests=7
check '--set does not win over the sweep' [ "$(column "$work/set/sweep.csv" requests | sort -u)" = 7 ]

# Several seeds a point: means, and their intervals in a file of their own. The first point has the seeds 1, 2 and 3.
sweep 0 '^12 runs, 0 failed' seeds --seeds 3
check "not exactly these files: $(ls "$work/seeds")" [ "$(ls "$work/seeds" | tr '\n' ' ')" = 'confidence.csv manifest.yaml sweep.csv ' ]
check 'the means are not those of the seeds' python3 - "$work" <<'EOF'
import csv, math, sys

rows = lambda file: list(csv.DictReader(open(f"{sys.argv[1]}/{file}")))
single, means, confidence = rows("whole/sweep.csv"), rows("seeds/sweep.csv"), rows("seeds/confidence.csv")
sample = [float(r["ttft_mean_s"]) for r in single if r["layout"] == "wide" and r["system"] == "a"]
assert len(sample) == 3 and len(set(sample)) == 3
mean = sum(sample) / 3
assert math.isclose(float(means[0]["ttft_mean_s"]), mean, rel_tol=1e-7), means[0]
interval = [r for r in confidence if (r["point"], r["system"], r["column"]) == ("0", "a", "ttft_mean_s")]
half_width = 4.30265273 * math.sqrt(sum((x - mean) ** 2 for x in sample) / 2 / 3)  # t(0.975, 2)
assert len(interval) == 1 and math.isclose(float(interval[0]["half_width_95"]), half_width, rel_tol=1e-5), interval
EOF

# The wide layout of one system does not fit.
sed -i 's/instances: 2/instances: 3/' "$work/sweep.yaml"
sweep 0 '^12 runs, 3 failed' some
check "errors: $(values some error)" [ "$(column "$work/some/sweep.csv" error | grep -c 'only 2 of 3 instances of 8 endpoints fit')" -eq 3 ]
check 'the wrong points failed' [ "$(python3 -c 'import csv, sys; print({(r["layout"], r["system"]) for r in csv.DictReader(open(sys.argv[1])) if r["error"]})' "$work/some/sweep.csv")" = "{('wide', 'a')}" ]
check 'a failed point has a result' [ "$(column "$work/some/sweep.csv" finished | grep -c '^$')" -eq 3 ]
check 'the other points did not finish' [ "$(column "$work/some/sweep.csv" finished | grep -c '^20$')" -eq 9 ]

# Nothing works.
sweep 1 'podsim: every point failed; the first says: ' none --set 'systems.a.pue=9' --set 'systems.b.pue=9'
check 'a point that failed has no row' [ "$(column "$work/none/sweep.csv" error | grep -c 'pue: must lie between 1 and 3, not 9')" -eq 12 ]

# A sweep that is wrong itself.
wrong() {
  printf '%s\n' 'name: x' 'experiment: ./two.yaml' "${@:2}" >"$work/wrong.yaml"
  expect_mistake "^podsim: .*/wrong.yaml:$1" "$podsim" sweep "$work/wrong.yaml" --out "$work/wrong"
}
wrong '1: the key "axes" is missing' 'set: {}'
wrong '3: axes.0: an axis needs at least one value' 'axes: [{key: seed, values: []}]'
wrong '3: axes.0.points.a: must be a map of what changes in the experiment' 'axes: [{name: n, points: {a: 5}}]'
wrong '3: axes.0.keys: unknown key "keys"' 'axes: [{key: seed, keys: seed, values: [1]}]'
check 'a mistake leaves an output folder' [ ! -e "$work/wrong" ]

# Every point of the shipped sweeps can be read and run.
for shipped in configs/sweeps/*.yaml; do
  expect 0 '^[0-9]+ runs, 0 failed' "$podsim" sweep "$shipped" --set workload.requests=2 --out "$work/shipped"
done
finish
