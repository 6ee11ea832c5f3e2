// How evenly experts load the endpoints that hold them: popularity of experts, copies of busy ones, and where the copies lie.
#pragma once

#include <span>
#include <vector>

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

// Load of the busiest of `endpoints` / mean. `popularity` by expert, any scale, with at least one above 0; `copies` of experts beyond one
// each; experts + copies slots are spread over the endpoints, as evenly as they can be.
double busiest_over_mean(std::span<const double> popularity, int copies, int endpoints, ExpertPlacement placement);

// {popularity: {zipf: EXPONENT} or a list by expert, placement: fixed | balanced} for the experts of a model that `parallel` spreads.
// Returns busiest_over_mean(). Throws InputError when the model has no experts, or the list has another length.
double read_expert_load(config::Node node, const model::ModelSpec& model, const model::ParallelSpec& parallel);

}  // namespace podsim::serving
