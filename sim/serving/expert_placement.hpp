// How evenly experts load the endpoints that hold them: popularity of experts, copies of busy ones, and where the copies lie.
#pragma once

#include <span>
#include <vector>

#include "base/units.hpp"
#include "config/node.hpp"
#include "model/model.hpp"
#include "model/parallel.hpp"

namespace podsim::serving {

enum class ExpertPlacement {
  fixed,     // experts in their order, further copies of every n-th one, whatever their load
  balanced,  // the busiest experts are copied, the copies packed by load: what EPLB does at each rebalancing (DeepSeek-V3, arXiv
             // 2412.19437)
};

// The share of the routed tokens that each expert gets under Zipf's law, r^-exponent for the r-th most popular; which expert is how
// popular is a fixed random order.
std::vector<double> zipf_popularity(int experts, double exponent);

// One copy of an expert and the endpoint that holds it.
struct PlacedCopy {
  std::size_t expert;
  std::size_t endpoint;
};

// `popularity` by expert, any scale, with at least one above 0; `copies` of experts beyond one each; experts + copies slots are spread over
// the endpoints, as evenly as they can be.
std::vector<PlacedCopy> place_experts(std::span<const double> popularity, int copies, int endpoints, ExpertPlacement placement);

// Load of the busiest of `endpoints` / mean; the copies of an expert share its load evenly.
double busiest_over_mean(std::span<const double> popularity, std::span<const PlacedCopy> placed, int endpoints);
// The same of experts that were placed by that popularity.
double busiest_over_mean(std::span<const double> popularity, int copies, int endpoints, ExpertPlacement placement);

// How uneven experts are from one rebalancing to the next.
struct ExpertLoad {
  std::vector<double> stages = {1};  // busiest / mean in equal parts of the time between two; one: it does not change
  Seconds every{0};                  // between two rebalancings; 0: there are none
  Seconds pause{0};                  // of the instance at each: its weights change places

  double mean() const;
};

// Popularity goes from what it is to another of the same law over `drift`, one expert after the other; placement stays what it was at the
// last rebalancing: busiest / mean in the middle of each of `stages` parts of `every`, the mean over random ways there.
std::vector<double> ageing_imbalance(std::span<const double> popularity, int copies, int endpoints, Seconds drift, Seconds every,
                                     int stages);

// {popularity: {zipf: EXPONENT} or a list by expert, placement: fixed | balanced, drift: {over}, rebalance: {every, pause}} for the
// experts of a model that `parallel` spreads. Throws InputError when the model has no experts, or the list has another length.
ExpertLoad read_expert_load(config::Node node, const model::ModelSpec& model, const model::ParallelSpec& parallel);

}  // namespace podsim::serving
