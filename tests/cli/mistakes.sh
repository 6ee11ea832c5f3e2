# Every way to be wrong on the command line or in a file is one line that says where and what, and status 2.
. tests/cli/lib.sh
small=configs/experiments/h100_llama70b.yaml

experiment() { printf '%s\n' 'name: mine' 'slo: {ttft: 2 s, tpot: 50 ms}' "$@" >"$work/mine.yaml"; }
refused() { expect_mistake "^podsim: $1" "$podsim" run "$work/mine.yaml" --out "$work/out"; }
workload='workload: {use: azure-conversation, requests: 10}'

# Keys and values.
experiment "$workload" 'systems: {a: h100-llama70b}' 'sede: 3'
refused '.*/mine.yaml:5: sede: unknown key "sede"; did you mean "seed"\? \(allowed: .*seed.*\)$'
experiment 'workload: {use: azure-conversation, requets: 10}' 'systems: {a: h100-llama70b}'
refused '.*/mine.yaml:3: workload.requets: unknown key "requets"; did you mean "requests"\?'
experiment "$workload" 'systems: {a: h100-llama70b}' 'time_limit: 5 km'
refused '.*/mine.yaml:5: time_limit: "5 km" is not a number with a unit \(s, ms, us, ns, min, h\)$'
experiment "$workload" 'systems: {a: {use: h100-llama70b, deployment: {colocated: {max_sequences: many}}}}'
refused '.*/mine.yaml:4: systems.a.deployment.colocated.max_sequences: "many" is not a whole number$'
experiment "$workload" 'systems: {a: h100-llama70b'
refused '.*/mine.yaml:[0-9]+: not valid YAML: '

# References.
experiment "$workload" 'systems: {a: h100-lama70b}'
refused '.*/mine.yaml:4: systems.a: no systems named "h100-lama70b"; did you mean "h100-llama70b"\? \(there are: .*h800-r1.*\)$'
experiment "$workload" 'systems: {a: {use: h100-llama70b, cluster: {use: hgx-h100, chip: h100}}}'
refused '.*/mine.yaml:4: systems.a.cluster.chip: no chips named "h100"'
experiment 'workload: nothing-like-it' 'systems: {a: h100-llama70b}'
refused '.*/mine.yaml:3: workload: no workloads named "nothing-like-it" \(there are: .*capacity.*\)$'
experiment 'workload: ./gone.yaml' 'systems: {a: h100-llama70b}'
refused '.*/mine.yaml:3: workload: no such file: .*/gone.yaml$'

# Traces.
experiment 'workload: {trace: trace.csv}' 'systems: {a: h100-llama70b}'
printf '%s\n' arrived_at,num_prefill_tokens,num_decode_tokens 0,10,10 1,ten,10 >"$work/trace.csv"
refused '.*/trace.csv:3: num_prefill_tokens "ten" is not a number$'
printf '%s\n' arrived_at,num_prefill_tokens,num_decode_tokens 1,10,10 0,10,10 >"$work/trace.csv"
refused '.*/trace.csv:3: arrives before the line above it$'
for tokens in 0 -5 100000001 99999999999999999999; do
  printf '%s\n' arrived_at,num_prefill_tokens,num_decode_tokens "0,10,$tokens" >"$work/trace.csv"
  refused ".*/trace.csv:2: (a token count must lie between 1 and 100000000, not $tokens|num_decode_tokens \"$tokens\" is not a number)$"
done
: >"$work/trace.csv"
refused '.*/trace.csv: is empty$'
rm "$work/trace.csv"
refused '.*/trace.csv: cannot be read$'

# What does not fit.
experiment "$workload" 'systems: {a: {use: h100-llama70b, deployment: {colocated: {instances: 5}}}}'
refused '.*: deployment.colocated: only 4 of 5 instances of 4 endpoints fit HGX H100 cluster \(16 endpoints in 2 nodes, 16 taken\)$'
experiment "$workload" 'systems: {a: {use: h100-llama70b, deployment: {formats: {weights: bf16, activations: bf16}, colocated: {parallel: {tensor: 1}}}}}'
refused '.*: deployment.colocated: llama-3.1-70b does not fit: an endpoint would hold 14[0-9.]+ GB of weights and has 77.0 GB '
experiment "$workload" 'systems: {a: {use: h800-r1-colocated, deployment: {colocated: {parallel: {data: 15, expert: 15}}}}}'
refused '.*: 256 routed and 0 redundant experts cannot be spread evenly over 15 endpoints; redundant_experts: 14 would fit$'
experiment "$workload" 'systems: {a: {use: cloudmatrix384-r1-colocated, deployment: {formats: {weights: fp8}}}}'
refused '.*: deployment.formats.activations: Ascend 910C does not compute in fp8 \(it has bf16, int8\), and engine CloudMatrix-Infer has no weight_only$'

# Attention and experts apart.
apart() { experiment "$workload" "systems: {a: {use: cloudmatrix384-r1-afd, deployment: {decode: {parallel: {$1}}}}}"; }
apart 'expert: 300'
refused '.*/mine.yaml:4: systems.a.deployment.decode.parallel.expert: 256 routed and 0 redundant experts cannot be spread evenly over 268 endpoints; '
apart 'disaggregated_experts: {domains: 7}'
refused '.*/mine.yaml:4: systems.a.deployment.decode.parallel.disaggregated_experts: 480 attention groups cannot be split evenly over 7 domains$'
apart 'data: 720'
refused '.*: deployment.decode: only 0 of 1 instances of 1008 endpoints fit CloudMatrix384 \(768 endpoints in 48 nodes, 0 taken\)$'
experiment "$workload" 'systems: {a: {use: cloudmatrix384-r1-afd, deployment: {decode: {expert: {library: cann-fused}}}}}'
refused '.*/mine.yaml:4: systems.a.deployment.decode.expert.library: CANN fused dispatch and combine describes no attention_to_expert$'
experiment "$workload" 'systems: {a: {use: h100-llama70b, deployment: {colocated: {parallel: {disaggregated_experts: {micro_batches: 2}}}}}}'
refused '.*: the model has no experts$'

# Hosts have so much memory.
experiment "$workload" 'systems: {a: {use: h100-llama70b-vllm, deployment: {colocated: {engine: {preemption: {space: 300 GB}}}}}}'
refused '.*: deployment.colocated: wants [0-9.]+ GB of its hosts. memory \(0 GB for prefix_tiers, [0-9.]+ GB for preemption.space\), and 0.5 nodes of 2000 GB are its part; a tier on disks says medium: disk$'
tiers() { experiment "$workload" "systems: {a: {use: h100-llama70b, deployment: {prefix_tiers: [{name: DRAM, rate: 20 GB/s, hidden: 0, $1}]}}}"; }
tiers 'capacity: 1.1 TB, scope: instance'
refused '.*: deployment.colocated: wants 1100 GB of its hosts. memory \(1100 GB for prefix_tiers, 0 GB for preemption.space\), and 0.5 nodes of 2000 GB are its part; '
tiers 'capacity: 4.1 TB, scope: cluster'
refused '.*: deployment: prefix_tiers and preemption.space want 4100 GB of the hosts. memory, and HGX H100 cluster has 4000 GB; '
tiers 'capacity: 4.1 TB, scope: cluster, medium: disk'
expect 0 'requests' "$podsim" run "$work/mine.yaml" --out "$work/disk"
tiers 'capacity: 1 TB, scope: cluster, medium: tape'
refused '.*medium: "tape" is not one of memory, disk$'

# A run always ends: so many requests, or a time that does not stand for too many.
endless='arrivals: {process: poisson, rate: 500 /s}, input: {distribution: fixed, tokens: 5}, output: {distribution: fixed, tokens: 5}'
experiment "workload: {$endless, duration: 1000000 h}" 'systems: {a: h100-llama70b}'
refused '.*/mine.yaml:3: workload.duration: would be more than 20 million requests: say how many with requests$'
experiment "workload: {$endless}" 'systems: {a: h100-llama70b}'
refused '.*/mine.yaml:3: workload: the key "requests" is missing$'

engine() { experiment "$workload" "systems: {a: {use: h100-llama70b, deployment: {colocated: {engine: {$1}}}}}"; }
engine 'preemption: {kind: swap, space: 1 GB, rate: 50 GB/s}'
refused '.*/mine.yaml:4: systems.a.deployment.colocated.engine.preemption.kind: nobody is preempted with kv_allocation: whole; '
engine 'kv_allocation: grow, preemption: {kind: swap, space: -1 GB, rate: 50 GB/s}'
refused '.*/mine.yaml:4: systems.a.deployment.colocated.engine.preemption.space: must lie between '
engine 'queue: priorities'
refused '.*/mine.yaml:4: systems.a.deployment.colocated.engine.queue: "priorities" is not one of arrival, priority, deadline; did you mean "priority"\?$'
engine 'admission: {queued_requests: -3}'
refused '.*/mine.yaml:4: systems.a.deployment.colocated.engine.admission.queued_requests: must lie between 1 and '
experiment 'workload: {use: mixed-clients, requests: 10, clients: {chat: {priority: high}}}' 'systems: {a: h100-llama70b}'
refused '.*/mine.yaml:3: workload.clients.chat.priority: "high" is not a whole number$'
experiment 'workload: {use: mixed-clients, requests: 10, clients: {chat: {slo: {ttft: 1 s}}}}' 'systems: {a: h100-llama70b}'
refused '.*/mine.yaml:3: workload.clients.chat.slo: .*"tpot"'
# Several models, parts and instances that come and go.
mix='workload: {requests: 10, arrivals: {process: poisson, rate: 1 /s}, input: {distribution: fixed, tokens: 10}, output: {distribution: fixed, tokens: 10}, clients: {a: {share: 1, model: llama-3.3-70b}, b: {share: 1, model: gpt-5}}}'
experiment "$mix" 'systems: {a: cloudmatrix384-open-models}'
refused '.*/mine.yaml:4: systems.a: client b of the workload asks for the model "gpt-5", which is not served \(there are: deepseek-r1, qwen3-235b-a22b, llama-3.3-70b\)$'
experiment "$mix" 'systems: {a: h100-llama70b}'
refused '.*/mine.yaml:4: systems.a: client a of the workload asks for the model "llama-3.3-70b", which is not served; did you mean "llama-3.1-70b"\? \(there are: llama-3.1-70b\)$'
experiment "$workload" 'systems: {a: cloudmatrix384-open-models}'
refused '.*/mine.yaml:4: systems.a: serves several models, so the workload needs clients that say their `model` \(there are: deepseek-r1, .*\)$'
experiment "$workload" 'systems: {a: {use: h800-prefill-cloudmatrix384-decode-r1, deployment: {decode: {part: huawei}}}}'
refused '.*/mine.yaml:4: systems.a.deployment.decode.part: "huawei" is not one of nvidia, ascend'
experiment "$workload" 'systems: {a: {use: h800-prefill-cloudmatrix384-decode-r1, deployment: {decode: {formats: {kv: int8}}}}}'
refused '.*systems.a.deployment: the KV cache moves as it is, but prefill keeps it in bf16 and decode in int8: formats.kv must be one$'
experiment "$workload" 'systems: {a: {use: h100-llama70b-autoscale, deployment: {colocated: {autoscale: {min: 4, max: 2}}}}}'
refused '.*/mine.yaml:4: systems.a.deployment.colocated.autoscale.max: must lie between 4 and 1048576, not 2$'
experiment "$workload" 'systems: {a: {use: h100-llama70b-autoscale, deployment: {colocated: {autoscale: {max: 5}}}}}'
refused '.*: deployment.colocated: only 4 of 5 instances of 4 endpoints fit HGX H100 cluster \(16 endpoints in 2 nodes, 16 taken\)$'

# Files.
expect_mistake '^podsim: .*/gone.yaml: cannot be read: no such file$' "$podsim" run "$work/gone.yaml"
expect_mistake '^podsim: configs: is a folder, not a YAML file$' "$podsim" run configs
expect_mistake '^podsim: configs: is a folder, not a YAML file$' "$podsim" check configs
expect_mistake '^podsim: .*/gone.yaml: cannot be read: no such file$' "$podsim" sweep "$work/gone.yaml"
expect_mistake '^podsim: .*/gone.yaml: cannot be read: no such file$' "$podsim" validate "$work/gone.yaml"

# --set.
run=("$podsim" run "$small" --out "$work/out")
expect_mistake '^podsim: --set nonsense: write key=value, for example workload.requests=1000$' "${run[@]}" --set nonsense
expect_mistake '^podsim: --set =5: write key=value' "${run[@]}" --set =5
expect_mistake '^podsim: --set seed=\[1: the value is not YAML: ' "${run[@]}" --set 'seed=[1'
expect_mistake '^podsim: --set workload.requests: "few" is not a whole number$' "${run[@]}" --set workload.requests=few
expect_mistake '^podsim: --set workload.requests: must lie between 1 and ' "${run[@]}" --set workload.requests=0
expect_mistake '^podsim: --set worklod: unknown key "worklod"; did you mean "workload"\?' "${run[@]}" --set worklod.requests=5
expect_mistake '^podsim: --set systems.h100: no systems named "nope"' "${run[@]}" --set systems.h100=nope
expect 2 'jobs' "${run[@]}" --jobs 0

check 'a mistake leaves an output folder' [ ! -e "$work/out" ]
finish
