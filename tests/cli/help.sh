# The program explains itself and refuses what it does not know.
. tests/cli/lib.sh
expect 0 "run.*simulate" "$podsim" --help
expect 0 "^[0-9]+\.[0-9]+\.[0-9]+$" "$podsim" --version
expect 2 "required|subcommand" "$podsim"
expect 2 "experiment" "$podsim" run
expect 2 "." "$podsim" fly
finish
