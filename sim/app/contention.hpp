// A transfer between two endpoints beside a collective, both as flows that share links: what each takes alone and with the other.
#pragma once

#include <string>
#include <vector>

#include "collective/schedule.hpp"
#include "platform/fabric.hpp"

namespace podsim::app {

struct Beside {
  std::string from_name;
  std::string to_name;
  int from;
  int to;
  Bytes bytes;
  std::vector<int> planes;  // in order of preference
};

// Reads "FROM:TO:BYTES", two endpoints or devices ("0:cpu 3:1 GB") and a size. Throws InputError for what is none, is outside the cluster,
// or is joined by no plane.
Beside read_beside(const std::string& text, std::vector<int> planes, topology::Router& router);

struct Contention {
  Seconds collective;           // when the transfer started with it
  Seconds transfer_alone = {};  // at the rate of the links: a library's overhead is not part of it
  Seconds transfer = {};        // when the collective started with it
};

// Runs the transfer alone, then both from one moment on. `fabric` realises the planes of both.
platform::Process<Contention> run_beside(platform::Fabric& fabric, const collective::Schedule& schedule, std::span<const int> group,
                                         const Beside& beside);

}  // namespace podsim::app
