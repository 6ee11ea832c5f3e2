# measure_gpu.py and measure_step.py --dry-run list what they would measure, every shape once, without a GPU, under the columns that are read.
set -euo pipefail
out=$(python3 scripts/measure_gpu.py --dry-run)
header=$(head -1 <<<"$out")
for column in operator format sequences tokens heads kv_heads width window cache_bytes m n k experts bytes time_us; do
  grep -q -E "(^|,)$column(,|$)" <<<"$header" || { echo "no column $column"; exit 1; }
done
for operator in gemm grouped_gemm attention_prefill attention_decode vector; do grep -q "^$operator,bf16," <<<"$out" || { echo "no $operator"; exit 1; }; done
[ "$(sort <<<"$out" | uniq -d)" = "" ] || { echo "a shape is listed twice"; exit 1; }
! python3 scripts/measure_gpu.py 2>/dev/null || { echo "--out may not be left out"; exit 1; }
steps=$(python3 scripts/measure_step.py --dry-run)
[ "$(head -1 <<<"$steps")" = "$(head -1 tests/data/h100-sxm.steps.csv)" ] || { echo "the columns of steps are not those of the measured ones"; exit 1; }
[ "$(tail -n +2 <<<"$steps" | cut -d, -f1-6)" = "$(tail -n +2 tests/data/h200-sxm.steps.csv | cut -d, -f1-6)" ] || { echo "the steps are not those that were measured"; exit 1; }
