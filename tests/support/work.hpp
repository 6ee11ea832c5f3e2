// Sums over the operators of a block, for tests that compare them with closed forms.
#pragma once

#include <algorithm>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include "model/operators.hpp"

namespace test {

inline double flops_of(std::span<const podsim::model::Operator> operators) {
  double sum = 0;
  for (const auto& op : operators) sum += op.flops.value();
  return sum;
}

// The operator of that name, which must be there once.
inline podsim::model::Operator operator_named(std::span<const podsim::model::Operator> operators, std::string_view name) {
  const auto is_it = [&](const auto& op) { return op.name == name; };
  if (std::count_if(operators.begin(), operators.end(), is_it) != 1) throw std::runtime_error("not once: " + std::string(name));
  return *std::find_if(operators.begin(), operators.end(), is_it);
}

// The bytes of each exchange of that kind, in order.
inline std::vector<double> bytes_of(const podsim::model::Work& work, podsim::model::Exchange exchange) {
  std::vector<double> bytes;
  for (const auto& communication : work.communications) {
    if (communication.exchange == exchange) bytes.push_back(communication.bytes.value());
  }
  return bytes;
}

// A whole prompt from an empty cache.
inline podsim::model::GroupLoad prompt(double tokens) {
  return {.prefill_sequences = 1, .prefill_tokens = tokens, .prefill_pairs = tokens * (tokens + 1) / 2, .prefill_context = tokens};
}

// One decode step of `sequences` with `context` tokens each.
inline podsim::model::GroupLoad decode(double sequences, double context, double queries = 1) {
  return {.decode_sequences = sequences, .decode_context = sequences * context, .queries = queries};
}

}  // namespace test
