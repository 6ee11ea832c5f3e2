// manifest.yaml: what produced the files beside it, complete enough to run again.
#pragma once

#include <ostream>
#include <string>

#include "base/units.hpp"
#include "config/document.hpp"

namespace podsim::app {

// `resolved` is every value the run has read, defaults included; as a file of its own it is an experiment again.
void write_manifest(std::ostream& out, const std::string& command, std::uint64_t seed, Seconds wall, const config::ResolvedTree& resolved);

}  // namespace podsim::app
