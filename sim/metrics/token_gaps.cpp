#include "metrics/token_gaps.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace podsim::metrics {
namespace {

double count_of(const EvenGaps& gaps) { return gaps.sequences * static_cast<double>(gaps.steps); }

// Of the gaps, how many are below `value`.
double below(const EvenGaps& gaps, double value) {
  const double low = std::min(gaps.first, gaps.last), high = std::max(gaps.first, gaps.last);
  if (value > high) return count_of(gaps);
  if (value <= low) return 0;
  return gaps.sequences * std::ceil((value - low) / (high - low) * static_cast<double>(gaps.steps - 1));
}

// Positive numbers by their leading bits: a bin's width is in proportion to its values.
class Bins {
 public:
  Bins(double low, double high, int shift) : shift_(shift), first_(index(low)), counts_(index(high) - first_ + 1) {}

  void add(const EvenGaps& gaps, double low, double high) {
    const std::size_t from = clamped(std::max(low, std::min(gaps.first, gaps.last))),
                      to = clamped(std::min(high, std::max(gaps.first, gaps.last)));
    double known = below(gaps, start(from));
    for (std::size_t bin = from; bin < to; ++bin) {
      const double next = below(gaps, start(bin + 1));
      counts_[bin] += next - known;
      known = next;
    }
    counts_[to] += (start(to + 1) > high ? below(gaps, std::nextafter(high, 2 * high)) : below(gaps, start(to + 1))) - known;
  }
  // The bin that holds the gap with `rank` gaps before it; takes those of the bins before it from the rank.
  std::pair<double, double> bin_of(double& rank) const {
    std::size_t bin = 0;
    while (bin + 1 < counts_.size() && rank >= counts_[bin]) rank -= counts_[bin++];
    return {start(bin), std::nextafter(start(bin + 1), 0)};
  }

 private:
  std::uint64_t index(double value) const { return std::bit_cast<std::uint64_t>(value) >> shift_; }
  double start(std::size_t bin) const { return std::bit_cast<double>((first_ + bin) << shift_); }
  std::size_t clamped(double value) const { return std::min<std::size_t>(index(value) - first_, counts_.size() - 1); }

  int shift_;
  std::uint64_t first_;
  std::vector<double> counts_;
};

// The gap with `rank` of those from `from` to `to` before it, to 28 bits of its 52.
double finest(const std::vector<EvenGaps>& gaps, double from, double to, double rank) {
  std::vector<EvenGaps> inside;
  for (const EvenGaps& g : gaps) {
    if (std::min(g.first, g.last) > to || std::max(g.first, g.last) < from) continue;
    inside.push_back(g);
    rank += below(g, from);
  }
  constexpr int shift = 28;
  const auto index = [](double value) { return std::bit_cast<std::uint64_t>(value) >> shift; };
  const auto value = [](std::uint64_t place) { return std::bit_cast<double>(place << shift); };
  std::uint64_t low = index(from), high = index(to);  // the last place with at most `rank` gaps below it
  while (low < high) {
    const std::uint64_t middle = high - (high - low) / 2;
    double before = 0;
    for (const EvenGaps& g : inside) before += below(g, value(middle));
    if (before <= rank) low = middle;
    else high = middle - 1;
  }
  return value(low);
}

}  // namespace

Distribution distribution_of_gaps(const std::vector<EvenGaps>& gaps) {
  double low = std::numeric_limits<double>::infinity(), high = 0, count = 0, sum = 0;
  for (const EvenGaps& g : gaps) {
    low = std::min({low, g.first, g.last});
    high = std::max({high, g.first, g.last});
    count += count_of(g);
    sum += count_of(g) * (g.first + g.last) / 2;
  }
  if (count == 0) return {};
  Bins coarse(low, high, 44);
  for (const EvenGaps& g : gaps) coarse.add(g, low, high);
  const auto quantile = [&](double q) {
    double rank = std::max(0.0, std::ceil(q * count) - 1);
    const auto [from, to] = coarse.bin_of(rank);
    return finest(gaps, from, to, rank);
  };
  return {sum / count, quantile(0.5), quantile(0.9), quantile(0.99)};
}

namespace {

// The steps of a run that end in the window.
void add_steps(const StepRecord& step, const Window& window, std::vector<EvenGaps>& gaps) {
  if (step.start + step.duration < window.from || step.start + step.first > window.to) return;
  std::int64_t from = 0, to = step.steps;
  while (from < to && step.start + step.end_of(from) < window.from) ++from;
  while (to > from && step.start + step.end_of(to - 1) > window.to) --to;
  if (from == to) return;
  if (from == 0 && step.late > 0) {
    if (step.decode_sequences > step.late) gaps.push_back({step.first.value(), step.first.value(), 1, step.decode_sequences - step.late});
    if (++from == to) return;
  }
  gaps.push_back({step.duration_of(from).value(), step.duration_of(to - 1).value(), to - from, step.decode_sequences});
}

}  // namespace

Distribution inter_token_latency(const RunLog& log, const Window& window) {
  std::vector<EvenGaps> gaps;
  gaps.reserve(log.steps.size() + log.gaps.size());
  for (const StepRecord& step : log.steps) {
    if (step.decode_sequences > 0) add_steps(step, window, gaps);
  }
  for (const TokenGap& gap : log.gaps) {
    if (gap.end >= window.from && gap.end <= window.to)
      gaps.push_back({gap.length.value(), gap.length.value(), 1, static_cast<double>(gap.sequences)});
  }
  return distribution_of_gaps(gaps);
}

}  // namespace podsim::metrics
