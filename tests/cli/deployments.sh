# Several models, unlike hardware and instances that come and go, as a user sees them.
. tests/cli/lib.sh
. tests/support/csv.sh

run() { "$podsim" run "configs/experiments/$1.yaml" --out "$work/$1" "${@:2}" >"$work/$1.txt" 2>&1 || { cat "$work/$1.txt"; failures=$((failures + 1)); }; }
rows() { tail -n +2 "$1" | wc -l; }

# One row a client; together they are all requests.
run open_models --set workload.requests=300
check 'tenants.csv has not three rows' [ "$(rows "$work/open_models/tenants.csv")" -eq 3 ]
check 'tenants.csv does not add up to 300 requests' [ "$(column "$work/open_models/tenants.csv" requests | awk '{ sum += $1 } END { print sum }')" -eq 300 ]
check 'requests.csv names no models' grep -q ',code,qwen3-235b-a22b$' "$work/open_models/requests.csv"

# The first instance of each scaled system serves from the start, and more come as the day begins.
run autoscaling --set workload.duration='6 min'
check 'scaling.csv has no instance that started' grep -q '^scaled,.*,starting,' "$work/autoscaling/scaling.csv"
check 'scaling.csv has systems that do not scale' [ "$(grep -c '^peak' "$work/autoscaling/scaling.csv")" -eq 0 ]
check 'tenants.csv of a workload with one client' [ ! -e "$work/autoscaling/tenants.csv" ]

# Both vendors' chips are named, and the plane that joins them.
expect 0 'H800' "$podsim" check configs/experiments/mixed_hardware.yaml
expect 0 'plane scale-out: [0-9]+ switches' "$podsim" check configs/experiments/mixed_hardware.yaml
expect 0 'part +nvidia: HGX H800 cluster' "$podsim" topology h800-cloudmatrix384
expect_mistake 'collectives stay within a part' "$podsim" collective h800-cloudmatrix384 --ranks 8
finish
