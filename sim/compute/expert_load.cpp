#include "compute/expert_load.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace podsim::compute {

std::vector<ExpertLoad> even_load(double experts, double copies) {
  if (copies <= experts) return {{std::max(1.0, copies), 1}};
  return {{experts, copies / experts}};
}

std::vector<ExpertLoad> random_load(double experts, double copies) {
  // Midpoints of eight equally likely parts of the normal law, to which the binomial one tends.
  constexpr std::array<double, 8> deviations = {-1.534, -0.887, -0.489, -0.157, 0.157, 0.489, 0.887, 1.534};
  const double mean = copies / experts;
  const double spread = std::sqrt(mean * (1 - 1 / std::max(1.0, experts)));
  if (mean < 2 || deviations.front() * spread + mean < 1) return even_load(experts, copies);
  std::vector<ExpertLoad> loads;
  for (const double z : deviations) loads.push_back({experts / deviations.size(), mean + z * spread});
  return loads;
}

std::vector<ExpertLoad> power_law_load(int experts, int tokens, int top_k, double alpha) {
  const double copies = static_cast<double>(tokens) * top_k;
  const double ratio = copies > experts ? std::max(0.8 * tokens, 1.0001) : 200;
  const double power = 1 - alpha;
  std::vector<ExpertLoad> loads;
  double sum = 0;
  for (int i = experts - 1; i >= 0; --i) {
    const double u = (i + 0.5) / experts;
    loads.push_back({1, std::pow((std::pow(ratio, power) - 1) * u + 1, 1 / power)});
    sum += loads.back().copies;
  }
  double factor = copies / sum;
  for (std::size_t full = 0; full < loads.size(); ++full) {  // the heaviest first
    double& load = loads[full].copies;
    if (load * factor <= tokens) {
      for (std::size_t i = full; i < loads.size(); ++i) loads[i].copies *= factor;
      break;
    }
    sum -= load;
    load = tokens;
    factor = (copies - static_cast<double>(tokens) * static_cast<double>(full + 1)) / sum;
  }
  return loads;
}

std::vector<ExpertLoad> whole_copies(std::vector<ExpertLoad> loads) {
  for (ExpertLoad& load : loads) load.copies = std::round(load.copies);
  std::erase_if(loads, [](const ExpertLoad& load) { return load.copies == 0; });
  if (loads.empty()) loads.push_back({1, 1});
  return loads;
}

double copies_of(const std::vector<ExpertLoad>& loads) {
  double sum = 0;
  for (const ExpertLoad& load : loads) sum += load.experts * load.copies;
  return sum;
}

double experts_of(const std::vector<ExpertLoad>& loads) {
  double sum = 0;
  for (const ExpertLoad& load : loads) sum += load.experts;
  return sum;
}

}  // namespace podsim::compute
