#include "serving/block_growth.hpp"

#include <cmath>
#include <limits>

namespace podsim::serving {
namespace {
constexpr std::int64_t end_of_time = std::numeric_limits<std::int64_t>::max() / 4;
constexpr double rounding = 1e-9;  // 10 steps of 1.7 are 17 tokens
}  // namespace

BlockGrowth::BlockGrowth(int block_tokens, double tokens_per_step)
    : tokens_per_step_(tokens_per_step), by_phase_(static_cast<std::size_t>(block_tokens)) {}

std::int64_t BlockGrowth::tokens_after(std::int64_t steps) const {
  return static_cast<std::int64_t>(std::floor(static_cast<double>(steps) * tokens_per_step_ + rounding));
}

void BlockGrowth::change(std::int64_t tokens, std::int64_t now, std::int64_t by) {
  const auto block = static_cast<std::int64_t>(by_phase_.size());
  const std::int64_t phase = (tokens - now) % block;
  by_phase_[static_cast<std::size_t>(phase < 0 ? phase + block : phase)] += by;
  sequences_ += by;
}

std::int64_t BlockGrowth::starting_at(std::int64_t token) const {
  const auto block = static_cast<std::int64_t>(by_phase_.size());
  const std::int64_t phase = (1 - token) % block;
  return by_phase_[static_cast<std::size_t>(phase < 0 ? phase + block : phase)];
}

std::int64_t BlockGrowth::blocks(std::int64_t from, std::int64_t to) const {
  const auto block = static_cast<std::int64_t>(by_phase_.size());
  const std::int64_t cycles = (to - from) / block;
  std::int64_t sum = cycles * sequences_;
  for (std::int64_t token = from + cycles * block + 1; token <= to; ++token) sum += starting_at(token);
  return sum;
}

std::int64_t BlockGrowth::last_token(std::int64_t from, std::int64_t free) const {
  if (sequences_ == 0) return end_of_time;
  const std::int64_t cycles = free / sequences_;
  std::int64_t token = from + cycles * static_cast<std::int64_t>(by_phase_.size());
  for (std::int64_t left = free - cycles * sequences_; (left -= starting_at(token + 1)) >= 0;) ++token;
  return token;
}

std::int64_t BlockGrowth::steps_by(std::int64_t token) const {
  if (token >= end_of_time) return end_of_time;
  auto steps = static_cast<std::int64_t>((static_cast<double>(token) + 1) / tokens_per_step_) + 1;
  while (tokens_after(steps) > token) --steps;
  return steps;
}

}  // namespace podsim::serving
