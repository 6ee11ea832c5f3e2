// How many token copies the experts of an MoE layer receive, from a routing law.
#pragma once

#include <vector>

namespace podsim::compute {

// `experts` that receive `copies` token copies each.
struct ExpertLoad {
  double experts;
  double copies;
};

// `copies` spread evenly over `experts`: as whole copies, so that few copies reach few experts.
std::vector<ExpertLoad> even_load(double experts, double copies);

// `copies` routed at random to `experts`: the number of copies of an expert is binomial, and taken at a few quantiles of its law.
std::vector<ExpertLoad> random_load(double experts, double copies);

// Loads drawn from a bounded Pareto law, density ~ x^-alpha on [1, ratio], at the quantiles (i + 1/2) / experts, scaled to
// tokens * top_k copies in all. An expert receives a token at most once, so loads above `tokens` spill over to the others.
// Heaviest expert first. The law of the benchmarks of aiconfigurator (Apache-2.0): ratio = 0.8 tokens where every
// expert is reached on average, else 200.
std::vector<ExpertLoad> power_law_load(int experts, int tokens, int top_k, double alpha);

// Whole copies an expert: rounds, and drops experts that receive none (at least one is left).
std::vector<ExpertLoad> whole_copies(std::vector<ExpertLoad> loads);

double copies_of(const std::vector<ExpertLoad>& loads);
double experts_of(const std::vector<ExpertLoad>& loads);

}  // namespace podsim::compute
