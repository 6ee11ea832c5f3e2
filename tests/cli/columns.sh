# results/README.md explains exactly the columns that the program writes.
. tests/cli/lib.sh
while read -r line; do
  [[ $line == "| \`"* ]] || continue
  grep -qF -- "$line" results/README.md || { echo "FAILED: results/README.md lacks: $line"; failures=$((failures + 1)); }
done < <("$podsim" columns)
written=$("$podsim" columns | grep -c '^| `')
documented=$(sed -n '/^## summary.csv/,/^## sweep.csv/p' results/README.md | grep -c '^| `')
check "results/README.md explains $documented columns, the program writes $written" [ "$written" -eq "$documented" ]
expect 0 "ttft_p99_s" "$podsim" columns
finish
