// `podsim collective`: time, algorithm and bandwidth of one operation alone on a cluster, over sizes.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace podsim::app {

struct CollectiveOptions {
  std::string cluster;  // a file, or a name in topologies/
  std::string operation = "all_reduce";
  std::vector<std::string> libraries = {"nccl"};  // of configs/libraries
  bool all_algorithms = false;                    // every one that a library has for a size, not the fastest alone
  std::vector<std::string> planes;                // in order of preference; empty: all of the cluster
  std::vector<std::string> ranks;                 // a number, of the first endpoints, or names of ends ("cpu 0", "16"); empty: all
  std::string bytes;                              // one size; "": from min to max
  std::string min = "1 KB";
  std::string max = "1 GB";
  double factor = 4;                       // from one size to the next
  double top_k = 8;                        // dispatch and combine: copies of a token
  double imbalance = 1;                    // the same: tokens for the busiest rank / mean
  std::string fidelity = "link-load";      // or flow, or both
  std::string beside;                      // "FROM:TO:BYTES": a transfer that starts with the operation; "": none
  std::vector<std::string> beside_planes;  // of the transfer; empty: those of the operation
  std::filesystem::path out;               // "": no CSV
  std::vector<std::string> overrides;
  std::vector<std::filesystem::path> config_dirs;
};

// Throws InputError for what the cluster or the library cannot do.
void show_collective(const CollectiveOptions& options);

}  // namespace podsim::app
