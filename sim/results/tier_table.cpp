// The columns of tiers.csv.
#include "results/tables.hpp"

namespace podsim::results {

const std::vector<RecordColumn<TierRow>>& tier_columns() {
  using T = const TierRow&;
  static const std::vector<RecordColumn<TierRow>> columns = {
      {"system", "", "name of the system in the experiment", [](T t) { return View(t.system); }},
      {"tier", "", "instance: the memory of the accelerators themselves; else the name of the tier, the nearest first",
       [](T t) { return View(std::string_view(t.tier.use.name)); }},
      {"tokens", "tokens", "of prompts, found there", [](T t) { return View(t.tier.use.tokens); }},
      {"hit_rate", "", "the same / all tokens of the admitted prompts", [](T t) { return View(t.tier.hit_rate); }},
      {"loaded_gb", "GB", "KV cache brought from there", [](T t) { return View(t.tier.use.bytes / units::GB); }},
      {"loading_s", "s", "time that it took, summed over instances", [](T t) { return View(t.tier.use.time.value()); }},
  };
  return columns;
}

}  // namespace podsim::results
