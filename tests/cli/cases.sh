# `validate --cases`: measured serving runs, simulated row by row; a bad row is told and stops no other.
. tests/cli/lib.sh
. tests/support/csv.sh

columns=case,chip,model,engine,weights,expert_weights,lengths,input_tokens,output_tokens,concurrency,tp,pp,dp,moe_tp,ep
good=h100-sxm,llama-3.1-70b,vllm,fp8,,fixed,512,64,4,4,1,1,4,1
cat >"$work/cases.csv" <<END
$columns,ttft_ms,tpot_ms,"comment, free"
ok,$good,100,12.5,"a ""quoted"", text"
nochip,h100-sxn,llama-3.1-70b,vllm,fp8,,fixed,512,64,4,4,1,1,4,1,100,12.5,
noformat,h100-sxm,llama-3.1-70b,vllm,fp9,,fixed,512,64,4,4,1,1,4,1,100,12.5,
short,h100-sxm,llama-3.1-70b
word,h100-sxm,llama-3.1-70b,vllm,fp8,,fixed,many,64,4,4,1,1,4,1,100,12.5,
lengths,h100-sxm,llama-3.1-70b,vllm,fp8,,gaussian,512,64,4,4,1,1,4,1,100,12.5,
huge,h100-sxm,llama-3.1-70b,vllm,,,fixed,512,64,4,1,1,1,1,1,100,12.5,
long,h100-sxm,llama-3.1-70b,vllm,fp8,,fixed,500000,64,4,4,1,1,4,1,100,12.5,
END
expect 0 '^1 of 8 cases simulated; 7 could not be, the first because: .*h100-sxn' "$podsim" validate --cases "$work/cases.csv" --out "$work/out.csv"
expect 0 '^h100-sxm llama-3.1-70b vllm +1 ' "$podsim" validate --cases "$work/cases.csv"
check 'rows, columns or reasons are wrong' python3 - "$work/cases.csv" "$work/out.csv" <<'END'
import csv, sys
given, made = (list(csv.DictReader(open(f))) for f in sys.argv[1:])
assert [r["case"] for r in given] == [r["case"] for r in made]
for before, after in zip(given, made):
    assert all(after[k] == (v or "") for k, v in before.items()), (before, after)
ok, rest = made[0], made[1:]
assert ok["error"] == "" and float(ok["predicted_ttft_ms"]) > 0 and float(ok["predicted_tpot_ms"]) > 0
# Four slots never give more tokens than four sequences at that pace.
assert 60 < float(ok["predicted_chip_power_w"]) < 1200
assert float(ok["predicted_output_tokens_per_s_per_chip"]) <= 4 / (float(ok["predicted_tpot_ms"]) * 1e-3) / 4 * 64 / 63
reasons = {"nochip": "h100-sxn", "noformat": "fp9", "short": ":5: engine: is missing", "word": ":6: input_tokens: \"many\"",
           "lengths": ":7: lengths: \"gaussian\"", "huge": "does not fit", "long": "too long"}
for row in rest:
    assert row["predicted_tpot_ms"] == "" and reasons[row["case"]] in row["error"], row
END

# Measured columns may be missing; the order of rows and the number of workers do not change a figure.
printf '%s\n' "$columns" "a,$good" "b,${good/,4,4,/,8,4,}" >"$work/bare.csv"
printf '%s\n' "$columns" "b,${good/,4,4,/,8,4,}" "a,$good" >"$work/turned.csv"
expect 0 '^2 of 2 cases simulated$' "$podsim" validate --cases "$work/bare.csv" --jobs 1 --out "$work/bare_out.csv"
expect 0 '^2 of 2 cases simulated$' "$podsim" validate --cases "$work/turned.csv" --jobs 2 --out "$work/turned_out.csv"
check 'order or workers change figures' cmp <(sort "$work/bare_out.csv") <(sort "$work/turned_out.csv")

# A batch of requests: all there at once, so the first waits for nobody and the rate is what the whole run gives.
batch=$columns,requests,max_sequences,replicas,output_tokens_per_s
row=h100-sxm,llama-3.1-70b,vllm,fp8,,fixed,512,64,,4,1,1,4,1
printf '%s\n' "$batch" "one,$row,40,8,1,1000" "two,$row,80,8,2,2000" "spread,${row/fixed/geometric},40,8,1,1000" >"$work/batch.csv"
expect 0 '^3 of 3 cases simulated$' "$podsim" validate --cases "$work/batch.csv" --out "$work/batch_out.csv"
expect 0 'output tokens/s' "$podsim" validate --cases "$work/batch.csv"
check 'two replicas with twice the requests do not give what one gives, each' python3 -c '
import csv, sys
one, two, spread = (float(r["predicted_output_tokens_per_s_per_chip"]) for r in csv.DictReader(open(sys.argv[1])))
assert abs(two / one - 1) < 1e-6 and 0.5 < spread / one < 1.5, (one, two, spread)' "$work/batch_out.csv"
printf '%s\n' "$batch" "both,${row/64,,/64,4,},40,8,1,1000" >"$work/both.csv"
expect 0 'requests: are all there at once: leave concurrency empty' "$podsim" validate --cases "$work/both.csv"

# Line ends of other systems; a load beyond what is simulated is told in its row.
printf '%s\r\n' "$columns" "a,$good" "b,${good/,4,4,/,900000,4,}" >"$work/crlf.csv"
expect 0 '^1 of 2 cases simulated; 1 could not be, the first because: .*crlf.csv:3: concurrency: "900000" is not a whole number between 1 and 100000$' \
  "$podsim" validate --cases "$work/crlf.csv" --out "$work/crlf_out.csv"
check 'line ends change figures' cmp <(grep ^a, "$work/bare_out.csv") <(grep ^a, "$work/crlf_out.csv")

# A user's own chip, model and cluster.
mkdir -p "$work/own"/{chips,models,topologies}
sed 's/3350 GB\/s/6700 GB\/s/' configs/chips/h100-sxm.yaml >"$work/own/chips/fast.yaml"
sed 's/^chip: .*/chip: fast/' topologies/hgx-h100.yaml >"$work/own/topologies/fast-node.yaml"
sed 's/num_hidden_layers: 80/num_hidden_layers: 40/' configs/models/llama-3.1-70b.yaml >"$work/own/models/half.yaml"
printf '%s\n' "$columns" "own,fast,half,vllm,${good#*vllm,}" "base,$good" >"$work/own.csv"
expect 0 '^2 of 2 cases simulated$' "$podsim" validate --cases "$work/own.csv" --config-dir "$work/own" --out "$work/own_out.csv"
check 'half the layers on a faster chip are not faster' python3 -c '
import csv, sys
own, base = csv.DictReader(open(sys.argv[1]))
assert float(own["predicted_tpot_ms"]) < float(base["predicted_tpot_ms"])' "$work/own_out.csv"

expect_mistake "^podsim: $work/none.csv: cannot be read$" "$podsim" validate --cases "$work/none.csv"
printf '%s\n' "$columns" >"$work/empty.csv"
expect_mistake "^podsim: $work/empty.csv: holds no cases" "$podsim" validate --cases "$work/empty.csv"
printf '%s\n' "case,chip,chip" "a,b,c" >"$work/twice.csv"
expect_mistake "^podsim: $work/twice.csv:1: a column stands twice" "$podsim" validate --cases "$work/twice.csv"
finish
