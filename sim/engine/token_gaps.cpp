#include "engine/token_gaps.hpp"

#include <algorithm>

namespace podsim::engine {

using serving::RequestId;

void SuffixMaximum::push(std::int64_t index, Seconds value) {
  while (!entries_.empty() && entries_.back().value <= value) entries_.pop_back();
  entries_.push_back({index, value});
}

Seconds SuffixMaximum::from(std::int64_t index) const {
  const auto found =
      std::lower_bound(entries_.begin(), entries_.end(), index, [](const Entry& entry, std::int64_t i) { return entry.index < i; });
  return found == entries_.end() ? Seconds(0) : found->value;
}

void TokenGaps::add(std::size_t group, const Late& late) {
  if (groups_[group].late.empty()) late_groups_.push_back(group);
  groups_[group].late.push_back(late);
}

void TokenGaps::join(std::size_t group, RequestId request, Seconds last) { add(group, {last, 1, next_, request}); }

void TokenGaps::interrupt(std::size_t group, RequestId request, Seconds now) {
  if (interrupted_.contains(request)) return;  // a second time before its next token
  std::vector<Late>& late = groups_[group].late;
  Seconds last = now;
  auto found = std::find_if(late.rbegin(), late.rend(), [&](const Late& one) { return one.request == request; });
  if (found == late.rend())
    found = std::find_if(late.rbegin(), late.rend(), [](const Late& one) { return one.request == many && one.count > 0; });
  if (found != late.rend()) {
    last = found->last;
    --found->count;
  }
  interrupted_.try_emplace(request, last);
}

void TokenGaps::rejoin(std::size_t group, RequestId request) {
  const auto found = interrupted_.find(request);
  join(group, request, found->second);
  interrupted_.erase(found);
}

void TokenGaps::stand_still(std::size_t group, std::int64_t decoding, Seconds now) {
  std::int64_t known = 0;
  for (const Late& late : groups_[group].late) known += late.count;
  if (decoding > known) add(group, {now, decoding - known, next_, many});
  groups_[group].still = next_;
}

void TokenGaps::log_gap(const Late& late, Seconds end) {
  if (late.count == 0) return;
  log_.gaps.push_back({end, end - late.last, late.count});
  if (late.request == many) return;
  Seconds& longest = log_.requests[static_cast<std::size_t>(late.request)].longest_gap;
  longest = std::max(longest, end - late.last);
}

std::int64_t TokenGaps::decode(const metrics::StepRecord& record, Seconds first_end) {
  std::int64_t count = 0;
  std::erase_if(late_groups_, [&](std::size_t g) {
    Group& group = groups_[g];
    if (group.still == next_) return false;
    for (const Late& late : group.late) {
      log_gap(late, first_end);
      count += late.count;
      if (late.request == many && late.count > 0) group.gaps.push(late.since, first_end - late.last);
    }
    group.late.clear();
    return true;
  });
  if (record.decode_sequences > 0) {
    const bool first_counts = record.decode_sequences > static_cast<double>(count);
    Seconds longest = first_counts ? record.first : Seconds(0);
    if (record.steps > 1) longest = std::max(longest, record.last());
    steps_.push(next_, longest);
  }
  ++next_;
  return count;
}

void TokenGaps::emit_again(RequestId request, Seconds now) {
  const auto found = interrupted_.find(request);
  log_gap({found->second, 1, next_, request}, now);
  interrupted_.erase(found);
}

Seconds TokenGaps::longest(std::size_t group, std::int64_t since) const {
  return std::max(steps_.from(since), groups_[group].gaps.from(since));
}

}  // namespace podsim::engine
