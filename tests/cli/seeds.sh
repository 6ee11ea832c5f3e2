# Several seeds: the runs are those of each seed by itself, the summary has their means, and intervals shrink to what Student's t gives.
. tests/cli/lib.sh
. tests/support/csv.sh

cat >"$work/two.yaml" <<'EOF'
name: two
seed: 5
slo: {ttft: 2 s, tpot: 50 ms}
workload: {use: azure-conversation, requests: 200, arrivals: {rate: 12 /s}}
systems: {a: h100-llama70b, b: {use: h100-llama70b, pue: 1.5}}
EOF
run() { expect 0 'files in' "$podsim" run "$work/two.yaml" --out "$work/$1" "${@:2}"; }

run all --seeds 3
check "not exactly these files: $(ls "$work/all")" \
  [ "$(ls "$work/all" | tr '\n' ' ')" = 'confidence.csv manifest.yaml requests.csv seeds.csv steps.csv summary.csv ' ]
for seed in 5 6 7; do run "$seed" --set "seed=$seed"; done
for file in requests.csv steps.csv; do check "$file is not of the first seed" cmp -s "$work/5/$file" "$work/all/$file"; done
check 'the seeds are not put together' /usr/bin/python3 - "$work" <<'EOF'
import math, sys
import pandas as pd
from scipy import stats

work = sys.argv[1]
alone = pd.concat([pd.read_csv(f"{work}/{seed}/summary.csv").assign(seed=seed) for seed in (5, 6, 7)])
seeds = pd.read_csv(f"{work}/all/seeds.csv")
key = ["system", "seed"]
pd.testing.assert_frame_equal(seeds.sort_values(key, ignore_index=True), alone.sort_values(key, ignore_index=True)[seeds.columns])
summary = pd.read_csv(f"{work}/all/summary.csv").set_index("system")
confidence = pd.read_csv(f"{work}/all/confidence.csv")
assert set(confidence["column"]) == set(summary.columns) - {"verdict"}
for row in confidence.itertuples():
    sample = seeds[seeds["system"] == row.system][row.column]
    half_width = stats.t.ppf(0.975, 2) * sample.std(ddof=1) / math.sqrt(3)
    for found, expected in ((row.mean, sample.mean()), (summary.loc[row.system, row.column], sample.mean()), (row.half_width_95, half_width)):
        # Nine digits are written, of numbers whose differences may be small.
        assert math.isclose(found, expected, rel_tol=1e-6, abs_tol=1e-7 * abs(sample.mean())), (row, expected)
EOF
run one_job --seeds 3 --jobs 1
for file in summary.csv seeds.csv confidence.csv; do check "the number of jobs changes $file" cmp -s "$work/all/$file" "$work/one_job/$file"; done
expect 0 'output tokens/s +[0-9,.]+ ± [0-9.,]+ ' "$podsim" run "$work/two.yaml" --out "$work/all" --seeds 2

# A later run with one seed leaves no intervals of others behind; without tables of requests and steps their old ones go, too.
run all --set output.requests=off --set output.steps=off
check "old files stay: $(ls "$work/all")" [ "$(ls "$work/all" | tr '\n' ' ')" = 'manifest.yaml summary.csv ' ]
check 'the summary depends on the tables' cmp -s "$work/5/summary.csv" "$work/all/summary.csv"

expect 2 'seeds' "$podsim" run "$work/two.yaml" --seeds 0
finish
