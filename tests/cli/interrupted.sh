# What cannot be finished is status 1 and leaves nothing half-written.
. tests/cli/lib.sh
small=configs/experiments/h100_llama70b.yaml
few=(--set workload.requests=20)

# No folder can be made below a file. (Write protection does not stop root.)
touch "$work/file"
cannot() {
  local pattern=$1 lines
  shift
  expect 1 "$pattern" "$@"
  lines=$("$@" 2>&1 >/dev/null | wc -l)
  check "$lines lines instead of one: $*" [ "$lines" -eq 1 ]
}
cannot "^podsim: $work/file/sub: the output folder cannot be made: " "$podsim" run "$small" "${few[@]}" --out "$work/file/sub"
cannot "^podsim: $work/file/sub: the output folder cannot be made: " "$podsim" sweep configs/sweeps/load.yaml --out "$work/file/sub"
cannot "^podsim: $work/file/sub.csv: cannot be written: " "$podsim" validate --set pools --out "$work/file/sub.csv"

# The folder stands where a file belongs: the run ends without its half.
mkdir -p "$work/taken/requests.csv/inside"
expect 1 "^podsim: $work/taken/requests.csv: cannot be put in place: " "$podsim" run "$small" "${few[@]}" --out "$work/taken"
check "left in $work/taken: $(ls -A "$work/taken")" [ "$(ls -A "$work/taken")" = requests.csv ]

# A run that is wrong leaves the files of an earlier one as they were.
expect 0 'files in' "$podsim" run "$small" "${few[@]}" --out "$work/kept"
cp -r "$work/kept" "$work/copy"
expect 2 'colocated' "$podsim" run "$small" --set systems.h100.deployment.colocated.instances=99 --out "$work/kept"
check 'a wrong run changed the files of an earlier one' diff -r "$work/kept" "$work/copy"

# Interrupted in the middle of a long run, with workers at work.
stop_with() {
  local signal=$1 out=$work/stopped-$1 status run i
  "$podsim" run configs/experiments/cloudmatrix384_vs_nvidia.yaml --set workload.requests=2000000 --out "$out" --jobs 3 \
    >"$work/printed" 2>"$work/said" &
  run=$!
  for ((i = 0; i < 300; ++i)); do
    workers=$(pgrep -P "$run" | tr '\n' ' ')
    [ -n "$workers" ] && break
    sleep 0.1
  done
  sleep 0.5
  check "$signal: the run was over too early" kill -0 "$run"
  kill "-$signal" "$run"
  wait "$run"
  status=$?
  check "$signal: status $status instead of 1" [ "$status" -eq 1 ]
  check "$signal: it said: $(cat "$work/said")" [ "$(cat "$work/said")" = 'podsim: interrupted; nothing was written' ]
  check "$signal: left in $out: $(ls -A "$out")" [ -z "$(ls -A "$out")" ]
  for worker in $workers; do
    check "$signal: worker $worker is still there" eval "! kill -0 $worker 2>/dev/null"
  done
}
stop_with TERM
finish
