// The columns of scaling.csv.
#include <algorithm>

#include "results/tables.hpp"

namespace podsim::results {
namespace {

using metrics::ScaleRecord;
using metrics::ScaleState;

const ScaleRecord& record_of(const ScaleRow& row) { return row.log.scaling[row.record]; }

std::string_view pool_of(const ScaleRow& row, int instance) { return row.log.instances[static_cast<std::size_t>(instance)].pool; }

// Instances of the record's pool that are in one of `states` once it is made.
std::int64_t count(const ScaleRow& row, std::initializer_list<ScaleState> states) {
  std::vector<ScaleState> now(row.log.instances.size(), ScaleState::off);
  for (std::size_t i = 0; i <= row.record; ++i) now[static_cast<std::size_t>(row.log.scaling[i].instance)] = row.log.scaling[i].state;
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < now.size(); ++i)
    sum += pool_of(row, static_cast<int>(i)) == pool_of(row, record_of(row).instance) && std::ranges::count(states, now[i]) > 0;
  return sum;
}

}  // namespace

const std::vector<RecordColumn<ScaleRow>>& scale_columns() {
  using S = const ScaleRow&;
  static const std::vector<RecordColumn<ScaleRow>> columns = {
      {"system", "", "name of the system in the experiment", [](S s) { return View(s.system); }},
      {"time_s", "s", "when an instance of a pool that scales began to be what `state` says",
       [](S s) { return View(record_of(s).time.value()); }},
      {"pool", "", "its pool", [](S s) { return View(pool_of(s, record_of(s).instance)); }},
      {"instance", "", "its number, as in steps.csv", [](S s) { return View(std::int64_t{record_of(s).instance}); }},
      {"state", "", "off, starting (it starts and loads weights), serving or draining (it ends what it has)",
       [](S s) { return View(std::string_view(metrics::scale_state_names[static_cast<std::size_t>(record_of(s).state)])); }},
      {"serving", "", "instances of the pool that serve from then on", [](S s) { return View(count(s, {ScaleState::serving})); }},
      {"powered", "", "instances of the pool that are not off from then on",
       [](S s) {
         return View(count(s, {ScaleState::starting, ScaleState::serving, ScaleState::draining}));
       }},
  };
  return columns;
}

}  // namespace podsim::results
