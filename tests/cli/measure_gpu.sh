# measure_gpu.py --dry-run lists shapes under the columns that podsim reads, every shape once, without a GPU.
set -euo pipefail
out=$(python3 scripts/measure_gpu.py --dry-run)
header=$(head -1 <<<"$out")
for column in operator format sequences tokens heads kv_heads width window cache_bytes m n k experts bytes time_us; do
  grep -q -E "(^|,)$column(,|$)" <<<"$header" || { echo "no column $column"; exit 1; }
done
for operator in gemm grouped_gemm attention_prefill attention_decode vector; do grep -q "^$operator,bf16," <<<"$out" || { echo "no $operator"; exit 1; }; done
[ "$(sort <<<"$out" | uniq -d)" = "" ] || { echo "a shape is listed twice"; exit 1; }
! python3 scripts/measure_gpu.py 2>/dev/null || { echo "--out may not be left out"; exit 1; }
