# `collective` prints time, algorithm and bandwidth of one operation over sizes, and names the link that limits it.
. tests/cli/lib.sh
. tests/support/csv.sh

expect 0 '^all_reduce of 8 ranks on HGX H100 cluster, NCCL$' "$podsim" collective hgx-h100 --ranks 8
expect 0 '^64 MB +nvls .* nvlink: endpoint 0 -> switch$' "$podsim" collective hgx-h100 --ranks 8 --bytes "64 MB"
expect 0 '^64 MB +hierarchical_nvls ' "$podsim" collective hgx-h100 --bytes "64 MB"
expect 0 '^8 KB +one_shot ' "$podsim" collective hgx-h100 --ranks 8 --library trtllm-allreduce --bytes "8 KB"
expect 0 '^8 KB +TensorRT-LLM all-reduce +one_shot ' "$podsim" collective hgx-h100 --ranks 8 --library nccl,trtllm-allreduce --bytes "8 KB"
"$podsim" collective hgx-h100 --ranks 8 --library nccl,nccl-ring --all-algorithms --bytes "64 MB" --out "$work/all.csv" >/dev/null
check 'the algorithms of each library do not stand there, the fastest first' python3 -c '
import csv, sys
rows = [(r["library"], r["algorithm"], float(r["link_load_us"])) for r in csv.DictReader(open(sys.argv[1]))]
assert [r[:2] for r in rows] == [("NCCL", "nvls"), ("NCCL", "ring Simple"), ("NCCL", "ring LL"), ("NCCL ring", "ring Simple"), ("NCCL ring", "ring LL")], rows
assert rows[0][2] < rows[1][2] < rows[2][2] and rows[1][2] == rows[3][2], rows' "$work/all.csv"
for op in all_reduce all_gather reduce_scatter all_to_all broadcast send; do
  expect 0 "^$op of 4 ranks" "$podsim" collective hgx-b200 --op $op --ranks 4 --fidelity both
done
expect 0 ' ub: .*leaf' "$podsim" collective cloudmatrix384 --op dispatch --ranks 32 --library cann-fused --planes ub --imbalance 1.5
expect 0 ' ib: ' "$podsim" collective hgx-h800 --op dispatch --ranks 32 --library deepep-normal --bytes "30 MB"

"$podsim" collective hgx-h100 --op all_to_all --ranks 8 --fidelity both --min "1 MB" --max "64 MB" --factor 2 --out "$work/table.csv" >/dev/null
check 'the table does not double from 1 to 64 MB' [ "$(column "$work/table.csv" bytes | wc -l)" -eq 7 ]
check 'both fidelities of a uniform all-to-all differ, or bus bandwidth is not 7/8 of the bytes by time' python3 -c '
import csv, sys
for r in csv.DictReader(open(sys.argv[1])):
    assert abs(float(r["flow_us"]) / float(r["link_load_us"]) - 1) < 1e-6, r
    assert abs(float(r["bus_gb_per_s"]) / (7 / 8 * float(r["bytes"]) / float(r["link_load_us"]) / 1e3) - 1) < 1e-6, r' "$work/table.csv"
"$podsim" collective hgx-h100 --ranks 8 --bytes "1 GB" --fidelity flow --out "$work/nvls.csv" >/dev/null
check 'what switches reduce has a time by flows' [ "$(column "$work/nvls.csv" flow_us)" = -1 ]

# A KV cache beside an all-to-all of 1 GB a rank: on one NIC each waits for the other, on planes of their own they do not.
beside() { "$podsim" collective hgx-h100 --op all_to_all --bytes "1 GB" --fidelity flow --beside "0:8:4 GB" "$@" --out "$work/beside.csv" >/dev/null; }
meet() { check "$1" python3 -c '
import csv, sys
row = next(csv.DictReader(open(sys.argv[1])))
alone, both, cache, cache_both = (float(row[k]) for k in ("flow_us", "flow_beside_us", "transfer_us", "transfer_beside_us"))
assert eval(sys.argv[2]), row' "$work/beside.csv" "$2"; }
beside --planes ib
# 15 flows of the all-to-all and the cache have a sixteenth of the NIC each; then the cache has it all, and the link was never idle
# (what the library adds before and after the wire is below one per cent of 1 GB).
meet 'a cache and an all-to-all on one NIC do not share it max-min' 'abs(both / alone / (16 / 15) - 1) < 1e-3 and abs((cache_both - cache) / alone - 1) < 1e-2'
beside --ranks 8 --planes nvlink --beside-planes ib
meet 'a cache and an all-to-all on planes of their own slow each other' 'abs(both / alone - 1) < 1e-9 and abs(cache_both / cache - 1) < 1e-9'
# The CPUs of a node are on UB too; two who read from one share its links.
expect 0 '^1 GB +direct +6710 +6710 .* ub: cpu -> leaf$' "$podsim" collective cloudmatrix384 --op send --ranks "cpu 0,16" --library ub-cpu-read --planes ub --bytes "1 GB" --fidelity both
expect 0 '^1 GB +6710 +1.295e\+04 ' "$podsim" collective cloudmatrix384 --op send --ranks "cpu 0,16" --library ub-cpu-read --planes ub --bytes "1 GB" --fidelity flow --beside "cpu 0:20:1 GB"
expect 0 '^with 4 GB from 0 to 8 at the same time$' "$podsim" collective hgx-h100 --op all_to_all --fidelity both --bytes "1 MB" --beside "0:8:4 GB"

expect 0 '^1 MB +trampoline ' "$podsim" collective cloudmatrix384 --op attention_to_expert --ranks 24 --attention 8 --library xccl --planes ub --bytes "1 MB"
expect 0 '^expert_to_attention of 24 ranks' "$podsim" collective cloudmatrix384 --op expert_to_attention --ranks 24 --attention 20 --library xccl --planes ub

mistake() { expect_mistake "^podsim: $1" "$podsim" collective "${@:2}"; }
mistake 'topology: no topologies named "hgx-h10"' hgx-h10
mistake '--op: "allreduce" is not one of all_reduce, .*; did you mean "all_reduce"\?$' hgx-h100 --op allreduce
mistake '--attention: must lie between 1 and 23 of the 24 ranks, not 0$' cloudmatrix384 --op attention_to_expert --ranks 24 --library xccl
mistake '--attention: must lie between 1 and 23 of the 24 ranks, not 24$' cloudmatrix384 --op expert_to_attention --ranks 24 --attention 24 --library xccl
mistake "--ranks: must lie between 2 and the cluster's 16 endpoints, or name ends as in \"cpu 0,16\", not \"17\"\$" hgx-h100 --ranks 17
mistake "--ranks: must lie between 2 and the cluster's 16 endpoints, or name ends as in \"cpu 0,16\", not \"1\"\$" hgx-h100 --ranks 1
mistake '--library: no libraries named "ncll"; did you mean "nccl"' hgx-h100 --library ncll
mistake '--library: Mooncake transfer engine describes no all_reduce$' hgx-h100 --library mooncake
mistake '--planes: "nvlnk" is not one of nvlink, ib; did you mean "nvlink"\?$' hgx-h100 --planes nvlnk
mistake '--bytes: "64" is not a size with a unit' hgx-h100 --bytes 64
mistake '--bytes: "-1 MB" is not a size' hgx-h100 --bytes "-1 MB"
mistake '--max: 1 KB is less than --min 1 MB$' hgx-h100 --min "1 MB" --max "1 KB"
for factor in 1 nan inf; do mistake '--factor: must be greater than 1' hgx-h100 --factor $factor; done
mistake '--factor: 1.0001 makes more than 1000 sizes of 1 KB to 1 GB$' hgx-h100 --factor 1.0001
mistake '--bytes: must be at most 1000000 TB, not 1e300 TB$' hgx-h100 --bytes "1e300 TB"
for k in 0 nan 1e9; do mistake '--top-k: must lie between 1 and 1024, not ' hgx-h100 --op dispatch --library deepep-normal --top-k $k; done
mistake '--imbalance: must lie between 1 and the 8 ranks, not nan$' hgx-h100 --op dispatch --library deepep-normal --ranks 8 --imbalance nan
mistake '--fidelity: "packet" is not one of link-load, flow, both$' hgx-h100 --fidelity packet
mistake '--imbalance: must lie between 1 and the 8 ranks, not 9$' hgx-h100 --op dispatch --library deepep-normal --ranks 8 --imbalance 9
mistake '--beside: "0:8" is not FROM:TO:BYTES' hgx-h100 --fidelity flow --beside 0:8
mistake '--beside: "16" is neither an endpoint from 0 to 15 nor a device$' hgx-h100 --fidelity flow --beside "0:16:1 GB"
mistake '--beside: 3 sends to itself$' hgx-h100 --fidelity flow --beside "3:3:1 GB"
mistake '--beside: no plane of the transfer joins 0 and 8$' hgx-h100 --fidelity flow --beside "0:8:1 GB" --beside-planes nvlink
mistake '--beside: link loads say nothing of two at a time; add --fidelity flow$' hgx-h100 --beside "0:8:1 GB"
mistake '--ranks: .* has no endpoint or device "cpu 192"' cloudmatrix384 --op send --ranks "cpu 192,0"
mistake '--ranks: "cpu 1" stands there twice$' cloudmatrix384 --op send --ranks "cpu 1,cpu 1"
mistake '--beside-planes: there is no --beside$' hgx-h100 --beside-planes ib
mistake 'no plane of this traffic joins endpoints' hgx-h100 --planes nvlink
expect 1 'cannot be written' "$podsim" collective hgx-h100 --out "$work/no/such/folder.csv"
# Flows find their way over every network that is shipped, meshes and tori too.
for cluster in $(grep -L '^parts:' topologies/*.yaml); do
  expect 0 'GB' "$podsim" collective "$(basename "$cluster" .yaml)" --op send --ranks 2 --bytes "1 GB" --fidelity flow
done
for cluster in trn2-ultraserver tpu-v5p-pod atlas-950; do
  expect 0 'GB' "$podsim" collective "$cluster" --op all_to_all --ranks 16 --bytes "1 GB" --fidelity flow
done
finish
