# Reads output tables in command-line tests.

# column FILE NAME: the values of that column, one a line.
column() { python3 -c 'import csv, sys; [print(row[sys.argv[2]]) for row in csv.DictReader(open(sys.argv[1]))]' "$1" "$2"; }

# all_accounted SUMMARY REQUESTS COUNT: every system has COUNT requests, each of them finished, rejected or unfinished, and a row for each
# whose outcome and times agree.
all_accounted() {
  python3 - "$@" <<'EOF'
import collections, csv, sys

count = int(sys.argv[3])
rows = collections.defaultdict(list)
for row in csv.DictReader(open(sys.argv[2])):
    rows[row["system"]].append(row)
systems = list(csv.DictReader(open(sys.argv[1])))
assert systems and {s["system"] for s in systems} == set(rows), "other systems"
for system in systems:
    name, of = system["system"], rows[system["system"]]
    assert int(system["requests"]) == count == len(of), f"{name}: {system['requests']} requests, {len(of)} rows"
    assert [int(r["request"]) for r in of] == list(range(count)), f"{name}: numbers"
    for outcome in ("finished", "rejected", "unfinished"):
        assert int(system[outcome]) == sum(r["outcome"] == outcome for r in of), f"{name}: {outcome}"
    assert sum(int(system[o]) for o in ("finished", "rejected", "unfinished")) == count, f"{name}: sum"
    for r in of:
        stages = [float(r[k]) for k in ("arrival_s", "admitted_s", "first_token_s", "decode_ready_s", "finished_s") if r[k]]
        # Nine digits are written.
        assert all(b >= a * (1 - 2e-9) for a, b in zip(stages, stages[1:])), f"{name}: times of {r}"
        assert (r["outcome"] == "finished") == (r["finished_s"] != ""), f"{name}: outcome of {r}"
EOF
}
