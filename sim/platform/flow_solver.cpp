#include "platform/flow_solver.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

#include "base/error.hpp"

namespace podsim::platform {
namespace {

using Make = FlowSolver*();

Make* maker() {
  static Make* const make = [] {
    void* const module = dlopen("podsim_flows.so", RTLD_LAZY | RTLD_LOCAL);
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
