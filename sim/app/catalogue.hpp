// The one list of names that YAML may use for variants: topology kinds, trace formats, routers.
#pragma once

#include <span>

#include "serving/router.hpp"
#include "topology/export.hpp"
#include "topology/plane_builder.hpp"
#include "workload/trace.hpp"

namespace podsim::app {

std::span<const topology::TopologyKind> topology_kinds();
std::span<const workload::TraceFormat> trace_formats();
std::span<const topology::ExportFormat> export_formats();
std::span<const serving::Router> routers();  // the first is the default

}  // namespace podsim::app
