// The lowest of some numbers that change one at a time: a tournament.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>
#include <vector>

namespace podsim::engine {

class Lowest {
 public:
  Lowest(std::size_t count, std::int64_t value) : first_(std::bit_ceil(count)), winners_(2 * first_) {
    values_.assign(first_, std::numeric_limits<std::int64_t>::max());
    std::fill_n(values_.begin(), count, value);
    for (std::size_t i = 0; i < first_; ++i) winners_[first_ + i] = i;
    for (std::size_t node = first_; node-- > 1;) play(node);
  }

  void set(std::size_t index, std::int64_t value) {
    if (values_[index] == value) return;
    values_[index] = value;
    for (std::size_t node = (first_ + index) / 2; node > 0; node /= 2) play(node);
  }

  std::int64_t of(std::size_t index) const { return values_[index]; }
  // The first of equals.
  std::size_t index() const { return winners_[1]; }
  std::int64_t value() const { return values_[index()]; }

  // Those that are not above a limit, in order.
  std::vector<std::size_t> up_to(std::int64_t limit) const {
    std::vector<std::size_t> found;
    add_up_to(limit, 1, found);
    return found;
  }

 private:
  void play(std::size_t node) {
    const std::size_t left = winners_[2 * node], right = winners_[2 * node + 1];
    winners_[node] = values_[right] < values_[left] ? right : left;
  }

  void add_up_to(std::int64_t limit, std::size_t node, std::vector<std::size_t>& found) const {
    if (values_[winners_[node]] > limit) return;
    if (node >= first_) {
      found.push_back(winners_[node]);
    } else {
      add_up_to(limit, 2 * node, found);
      add_up_to(limit, 2 * node + 1, found);
    }
  }

  std::size_t first_;                 // node of the first number
  std::vector<std::int64_t> values_;  // filled up to a power of two
  std::vector<std::size_t> winners_;  // by node; 1 is the root
};

}  // namespace podsim::engine
