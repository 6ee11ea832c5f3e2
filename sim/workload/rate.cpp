#include "workload/rate.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace podsim::workload {
namespace {
constexpr Seconds never{std::numeric_limits<double>::infinity()};
constexpr Hertz least{1e-9}, most{1e9};
}  // namespace

Rate::Rate(double per_second) : Rate(std::vector<Piece>{{never, per_second}}) {}

Rate::Rate(std::vector<Piece> pieces) : pieces_(std::move(pieces)) {
  Seconds from;
  for (const Piece& piece : pieces_) {
    if (piece.per_second > 0) per_cycle_ += (piece.until - from).value() * piece.per_second;
    from = piece.until;
  }
}

Seconds Rate::after(Seconds now, double expected) const {
  const Seconds period = pieces_.back().until;
  Seconds origin;  // of the cycle that `now` is in
  if (period < never) {
    const double cycles = std::floor(now / period) + std::floor(expected / per_cycle_);
    origin = period * std::floor(now / period);
    now -= origin;
    expected -= std::floor(expected / per_cycle_) * per_cycle_;
    origin = period * cycles;
  }
  while (true) {
    for (auto piece = std::upper_bound(pieces_.begin(), pieces_.end(), now, [](Seconds t, const Piece&p) { return t < p.until; });
         piece != pieces_.end(); ++piece) {
      const double in_piece = piece->per_second > 0 ? (piece->until - now).value() * piece->per_second : 0;
      if (piece->per_second > 0 && expected < in_piece) return origin + now + Seconds(expected / piece->per_second);
      expected = std::max(0.0, expected - in_piece);
      now = piece->until;
    }
    origin += period;
    now = Seconds(0);
  }
}

Rate Rate::scaled(double share) const {
  std::vector<Piece> pieces = pieces_;
  for (Piece& piece : pieces) piece.per_second *= share;
  return Rate(std::move(pieces));
}

Rate read_rate(config::Node& node) {
  config::Node rate = node.at("rate");
  if (!rate.is_list()) return Rate(node.get_within<Hertz>("rate", least, most).value());
  std::vector<Rate::Piece> pieces;
  std::vector<config::Node> items = rate.items();
  for (std::size_t i = 0; i < items.size(); ++i) {
    const bool last = i + 1 == items.size();
    const Seconds from = pieces.empty() ? Seconds(0) : pieces.back().until;
    Rate::Piece piece{never, items[i].get_within<Hertz>("rate", Hertz(0), most).value()};
    if (!last || items[i].has("until")) piece.until = items[i].get<Seconds>("until");
    if (piece.until <= from) items[i].fail("until", "must come after the start of its piece");
    if (piece.until == never && piece.per_second == 0) items[i].fail("rate", "must be above 0 in a piece that never ends");
    items[i].done();
    pieces.push_back(piece);
  }
  const bool any = std::any_of(pieces.begin(), pieces.end(), [](const Rate::Piece& piece) { return Hertz(piece.per_second) >= least; });
  if (!any) rate.fail("needs a piece with a rate of at least 1e-09 /s");
  return Rate(std::move(pieces));
}

}  // namespace podsim::workload
