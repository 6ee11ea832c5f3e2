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
  constexpr const char* name = "podsim_flows.so";
  const std::filesystem::path folder = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  return std::filesystem::exists(folder / name) ? folder / name : folder.parent_path() / name;
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
