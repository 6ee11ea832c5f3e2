#include "app/catalogue.hpp"

#include <array>

namespace podsim::app {

std::span<const topology::TopologyKind> topology_kinds() {
  static const std::array<topology::TopologyKind, 9> kinds = {{
      {"full_mesh", topology::read_full_mesh},
      {"single_switch", topology::read_single_switch},
      {"fat_tree", topology::read_fat_tree},
      {"rail_optimised", topology::read_rail_optimised},
      {"torus", topology::read_torus},
      {"nd_full_mesh", topology::read_nd_full_mesh},
      {"dragonfly", topology::read_dragonfly},
      {"explicit", topology::read_explicit},
      {"file", topology::read_file},
  }};
  return kinds;
}

std::span<const workload::TraceFormat> trace_formats() {
  static const std::array<workload::TraceFormat, 4> formats = {workload::azure_format, workload::mooncake_format, workload::plain_format,
                                                               workload::vllm_format};
  return formats;
}

std::span<const topology::ExportFormat> export_formats() {
  static const std::array<topology::ExportFormat, 4> formats = {{
      {"dot", topology::write_dot},
      {"graphml", topology::write_graphml},
      {"json", topology::write_json},
      {"simgrid", topology::write_simgrid},
  }};
  return formats;
}

std::span<const serving::Router> routers() {
  static const std::array<serving::Router, 8> list = {{
      {"least_outstanding", serving::least_outstanding},
      {"round_robin", serving::round_robin},
      {"random", serving::random_instance},
      {"power_of_two", serving::power_of_two},
      {"least_kv", serving::least_kv, true},
      {"prefix_affinity", serving::prefix_affinity, true},
      {"sticky", serving::sticky},
      {"slo_aware", serving::slo_aware, true},
  }};
  return list;
}

}  // namespace podsim::app
