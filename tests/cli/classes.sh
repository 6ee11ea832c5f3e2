# Classes of requests: a file with a row for each, by what each was promised; who has priority waits less; who is turned away is counted.
. tests/cli/lib.sh
. tests/support/csv.sh
cat >"$work/mine.yaml" <<'EOT'
name: mine
slo: {ttft: 20 s, tpot: 100 ms}
workload: {use: mixed-clients, requests: 600, arrivals: {rate: 40 /s}, clients: {chat: {priority: 1, slo: {ttft: 500 ms, tpot: 60 ms}}}}
systems:
  by_arrival: {use: h100-llama70b-vllm, deployment: {colocated: {instances: 1, max_sequences: 32}}}
  by_priority: {use: h100-llama70b-vllm, deployment: {colocated: {instances: 1, max_sequences: 32, engine: {queue: priority}}}}
  limited: {use: h100-llama70b-vllm, deployment: {colocated: {instances: 1, max_sequences: 32, engine: {queue: deadline, admission: {queued_requests: 20, in_time: true}}}}}
EOT
expect 0 'requests turned away' "$podsim" run "$work/mine.yaml" --out "$work/out"
classes=$work/out/tenants.csv
check 'not three classes of three systems' [ "$(column "$classes" client | tr '\n' ' ')" = 'chat code reasoning chat code reasoning chat code reasoning ' ]
check 'chat was promised something else' [ "$(column "$classes" slo_ttft_s | head -3 | tr '\n' ' ')" = '0.5 20 20 ' ]
for file in tenants summary; do
  check "requests of $file.csv are not all requests" [ "$(column "$work/out/$file.csv" requests | awk '{ sum += $1 } END { print sum }')" -eq 1800 ]
done
check 'priority does not help chat' awk -v waits="$(column "$classes" queue_mean_s | tr '\n' ' ')" 'BEGIN { split(waits, w, " "); exit !(w[4] < w[1] / 2 && w[5] > w[2]) }'
away=$(column "$work/out/summary.csv" turned_away | tail -1)
check 'nobody is turned away where queues are limited' [ "$away" -gt 0 ]
check 'who was turned away is not in requests.csv' [ "$(column "$work/out/requests.csv" rejected_for | grep -c -e queue_full -e too_late)" -eq "$away" ]

# Without classes there is no such file, and none of an earlier run stays.
sed -i 's/^workload: .*/workload: {use: azure-conversation, requests: 50}/' "$work/mine.yaml"
expect 0 'files in' "$podsim" run "$work/mine.yaml" --out "$work/out"
check 'tenants.csv of a workload without classes' [ ! -e "$classes" ]
finish
