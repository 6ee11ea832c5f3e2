# What the command-line tests share. Each test is called with the podsim binary, in the project's folder.
set -u
podsim=$1
work=$(mktemp -d)
trap 'chmod -R u+w "$work" 2>/dev/null; rm -rf "$work"' EXIT
failures=0

# expect STATUS PATTERN COMMAND...: the command ends with this status and prints something that matches the pattern.
expect() {
  local status=$1 pattern=$2 output actual
  shift 2
  output=$("$@" 2>&1)
  actual=$?
  if [ "$actual" -ne "$status" ]; then
    echo "FAILED: status $actual instead of $status: $*"; echo "$output"; failures=$((failures + 1))
  elif ! grep -qE -- "$pattern" <<<"$output"; then
    echo "FAILED: no \"$pattern\" in the output of: $*"; echo "$output"; failures=$((failures + 1))
  fi
}

# A user's mistake: status 2 and exactly one line.
expect_mistake() {
  local pattern=$1 lines
  shift
  expect 2 "$pattern" "$@"
  lines=$("$@" 2>&1 | wc -l)
  [ "$lines" -eq 1 ] || { echo "FAILED: $lines lines instead of one: $*"; failures=$((failures + 1)); }
}

# check MESSAGE COMMAND...: the command succeeds.
check() {
  local message=$1
  shift
  "$@" || { echo "FAILED: $message"; failures=$((failures + 1)); }
}

finish() { [ "$failures" -eq 0 ] && echo ok; exit $((failures > 0)); }
