#include "platform/flow_solver.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

#include <filesystem>

#include "base/error.hpp"

namespace podsim::platform {
namespace {

using Make = FlowSolver*();

// Beside the program, or a folder up, where the tests have theirs.
std::filesystem::path module_file() {
  const std::filesystem::path beside = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  const std::filesystem::path above = beside.parent_path() / "podsim_flows.so";
  return std::filesystem::exists(above) ? above : beside / "podsim_flows.so";
}

Make* maker() {
  static Make* const make = [] {
    void* const module = dlopen(module_file().c_str(), RTLD_LAZY | RTLD_LOCAL);
    void* const found = module ? dlsym(module, "podsim_make_flow_solver") : nullptr;
    if (!found) throw RunError(fmt::format("what simulates flows cannot be loaded: {}", dlerror()));
    return reinterpret_cast<Make*>(found);
  }();
  return make;
}

}  // namespace

std::unique_ptr<FlowSolver> make_flow_solver() { return std::unique_ptr<FlowSolver>(maker()()); }

void load_flow_solver() { maker(); }

}  // namespace podsim::platform
