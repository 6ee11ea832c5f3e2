// The command line: what the user types, and the exit status (0 done, 1 could not finish, 2 wrong input).
#include <fmt/format.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "app/collective_command.hpp"
#include "app/report.hpp"
#include "app/run.hpp"
#include "app/sweep.hpp"
#include "app/topology_command.hpp"
#include "app/validate.hpp"
#include "app/validate_cases.hpp"
#include "base/error.hpp"

namespace {

std::string typed(int argc, char** argv) {
  std::string command = "podsim";
  for (int i = 1; i < argc; ++i) command += std::string(" ") + argv[i];
  return command;
}

// Memory that was used once is kept for the next record instead of going back to the system, and comes from it in pages of 2 MB, not 4 KB:
// in virtual machines a page's first use takes microseconds.
void keep_memory() {
  constexpr int room = 256 << 20;  // bytes
  constexpr std::uintptr_t page = 2 << 20;
  mallopt(M_TOP_PAD, room);
  mallopt(M_TRIM_THRESHOLD, 2 * room);
  mallopt(M_MMAP_THRESHOLD, room);
  void* volatile first = std::malloc(page);  // takes the room
  std::free(first);
  const auto end = reinterpret_cast<std::uintptr_t>(sbrk(0)), begin = (end - room + page - 1) / page * page;
  madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);
}

}  // namespace

int main(int argc, char** argv) {
  using namespace podsim;
  keep_memory();
  CLI::App cli("podsim: how fast, with how much energy a cluster of accelerators serves a large language model");
  cli.require_subcommand(1);
  cli.set_version_flag("--version", PODSIM_VERSION);

  app::RunOptions run;
  run.command = typed(argc, argv);
  CLI::App* run_command = cli.add_subcommand("run", "simulate the systems of an experiment side by side and print a table");
  CLI::App* check_command = cli.add_subcommand("check", "read and cross-check an experiment without running it");
  for (CLI::App* command : {run_command, check_command}) {
    command->add_option("experiment", run.experiment, "experiment file (configs/experiments/*.yaml)")->required();
    command->add_option("--set", run.overrides, "replace a value: key.key=value (repeatable)")->allow_extra_args(false);
    command->add_option("--config-dir", run.config_dirs, "folder with own chips/, models/, ... searched first")->allow_extra_args(false);
  }
  run_command->add_option("--out", run.out, "output folder (default: output/<experiment name>)");
  run_command->add_option("--jobs", run.jobs, "systems simulated at once (default: one a core)")->check(CLI::Range(1, 4096));
  run_command->add_option("--seeds", run.seeds, "runs a system, with the experiment's seed and those after it: means and 95 % intervals")
      ->check(CLI::Range(1, 10000));
  run_command->add_flag("--timeline", run.timeline, "also write timeline-<system>.json for ui.perfetto.dev");

  app::SweepOptions sweep;
  sweep.command = typed(argc, argv);
  CLI::App* sweep_command = cli.add_subcommand("sweep", "run an experiment at every point of a grid and write one CSV");
  sweep_command->add_option("sweep", sweep.sweep, "sweep file (configs/sweeps/*.yaml)")->required();
  sweep_command->add_option("--out", sweep.out, "output folder (default: output/<sweep name>)");
  sweep_command->add_option("--jobs", sweep.jobs, "worker processes (default: one a core)")->check(CLI::Range(1, 4096));
  sweep_command
      ->add_option("--seeds", sweep.seeds, "runs a point and system, with the point's seed and those after it: means and 95 % intervals")
      ->check(CLI::Range(1, 10000));
  sweep_command->add_option("--set", sweep.overrides, "replace a value at every point")->allow_extra_args(false);
  sweep_command->add_option("--config-dir", sweep.config_dirs, "folder with own chips/, models/, ... searched first")
      ->allow_extra_args(false);

  app::ValidateOptions validation;
  CLI::App* validate_command = cli.add_subcommand("validate", "print predictions beside published figures");
  validate_command->add_option("files", validation.files, "case files (default: the set)");
  app::CaseOptions cases;
  validate_command->add_option("--cases", cases.cases, "CSV of measured serving runs to simulate instead");
  validate_command->add_option("--jobs", cases.jobs, "cases simulated at once (default: one a core)")->check(CLI::Range(1, 4096));
  validate_command->add_option("--set", validation.set, "one set of configs/validation (default: all of them)");
  validate_command->add_option("--out", validation.out, "also write the table to this CSV");
  validate_command->add_flag("--parts", validation.parts, "also print where the time of a step goes");
  validate_command->add_option("--config-dir", validation.config_dirs, "folder with own chips/, models/, ... searched first")
      ->allow_extra_args(false);

  app::TopologyOptions topology;
  CLI::App* topology_command = cli.add_subcommand("topology", "print what a cluster's network is made of and can carry, and export it");
  topology_command->add_option("topology", topology.topology, "cluster file, or a name in topologies/")->required();
  topology_command
      ->add_option("--export", topology.exports, "write the network: dot=FILE, graphml=FILE, json=FILE or simgrid=FILE (repeatable)")
      ->allow_extra_args(false);
  topology_command->add_option("--out", topology.out, "also write a row a plane to this CSV");
  topology_command->add_option("--set", topology.overrides, "replace a value: key.key=value (repeatable)")->allow_extra_args(false);
  topology_command->add_option("--config-dir", topology.config_dirs, "folder with own chips/, models/, ... searched first")
      ->allow_extra_args(false);

  app::CollectiveOptions collective;
  CLI::App* collective_command = cli.add_subcommand("collective", "print time, algorithm and bandwidth of a collective over sizes");
  collective_command->add_option("cluster", collective.cluster, "cluster file, or a name in topologies/")->required();
  collective_command->add_option("--op", collective.operation,
                                 "all_reduce (default), all_gather, reduce_scatter, all_to_all, broadcast, "
                                 "dispatch, combine, attention_to_expert, expert_to_attention or send");
  collective_command
      ->add_option("--ranks", collective.ranks, "the first N endpoints of the cluster, or these: A,B,... (\"cpu 0,16\"; default: all)")
      ->delimiter(',');
  collective_command->add_option("--library", collective.libraries, "library of configs/libraries (default: nccl); several: A,B,...")
      ->delimiter(',');
  collective_command->add_flag("--all-algorithms", collective.all_algorithms,
                               "every algorithm of a library that fits, not the fastest alone");
  collective_command->add_option("--planes", collective.planes, "planes in order of preference (default: all)")->delimiter(',');
  collective_command->add_option("--bytes", collective.bytes, "one size: what a rank holds, or the vector of a reduction or broadcast");
  collective_command->add_option("--min", collective.min, "smallest size (default: 1 KB)");
  collective_command->add_option("--max", collective.max, "largest size (default: 1 GB)");
  collective_command->add_option("--factor", collective.factor, "from one size to the next (default: 4)");
  collective_command->add_option("--top-k", collective.top_k, "experts of a token, in the exchanges of an MoE layer (default: 8)");
  collective_command->add_option("--attention", collective.attention,
                                 "of attention_to_expert and back: the first ranks, which hold the tokens; the others hold experts");
  collective_command->add_option("--imbalance", collective.imbalance, "tokens for the busiest rank / mean (default: 1)");
  collective_command->add_option("--fidelity", collective.fidelity, "link-load (default), flow (SimGrid) or both");
  collective_command->add_option("--beside", collective.beside, "FROM:TO:BYTES: a transfer that shares the links, by flows (\"0:8:1 GB\")");
  collective_command->add_option("--beside-planes", collective.beside_planes, "planes of that transfer (default: as --planes)")
      ->delimiter(',');
  collective_command->add_option("--out", collective.out, "also write the table to this CSV");
  collective_command->add_option("--set", collective.overrides, "replace a value of the cluster: key.key=value (repeatable)")
      ->allow_extra_args(false);
  collective_command->add_option("--config-dir", collective.config_dirs, "folder with own chips/, libraries/, ... searched first")
      ->allow_extra_args(false);

  CLI::App* columns_command = cli.add_subcommand("columns", "explain every column of the output files");

  cli.failure_message([](const CLI::App*, const CLI::Error& error) { return fmt::format("podsim: {} (podsim --help)\n", error.what()); });
  try {
    cli.parse(argc, argv);
    if (*run_command) app::run_experiment(run);
    if (*check_command) app::check_experiment(run);
    if (*sweep_command) app::run_sweep(sweep);
    if (*topology_command) app::show_topology(topology);
    if (*collective_command) app::show_collective(collective);
    if (*columns_command) app::print_columns();
    validation.jobs = cases.jobs;
    if (*validate_command && cases.cases.empty()) app::validate(validation);
    if (*validate_command && !cases.cases.empty()) {
      cases.out = validation.out;
      cases.config_dirs = validation.config_dirs;
      app::validate_cases(cases);
    }
  } catch (const CLI::ParseError& error) {
    return cli.exit(error) == 0 ? 0 : 2;
  } catch (const InputError& error) {
    fmt::print(stderr, "podsim: {}\n", error.what());
    return 2;
  } catch (const std::exception& error) {
    fmt::print(stderr, "podsim: {}\n", error.what());
    return 1;
  }
  return 0;
}
