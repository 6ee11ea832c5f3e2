// How long requests wait from token to token in one instance, found without looking at every token.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "metrics/run_log.hpp"
#include "serving/queueing.hpp"

namespace podsim::engine {

// Numbers in order of an index, of which only those are kept that are the largest from somewhere on.
class SuffixMaximum {
 public:
  void push(std::int64_t index, Seconds value);  // the index never falls
  // The largest that was pushed with `index` or a later one; 0 when there is none.
  Seconds from(std::int64_t index) const;

 private:
  struct Entry {
    std::int64_t index;
    Seconds value;
  };
  std::vector<Entry> entries_;  // values fall
};

// A sequence that decodes on has its next token a step after its last: the records of the steps say it for all. Exceptions are kept here:
// who comes from another pool or from the host's memory, who was preempted, and groups that stand still while prompts are computed.
class TokenGaps {
 public:
  TokenGaps(std::size_t groups, metrics::RunLog& log) : log_(log), groups_(groups) {}

  // The number of the next step, or run of steps.
  std::int64_t next() const { return next_; }
  // A sequence decodes in a group from the next step on; its last token came at `last`, before the last step ended.
  void join(std::size_t group, serving::RequestId request, Seconds last);
  // Its memory is taken from it before the next step, which begins now.
  void interrupt(std::size_t group, serving::RequestId request, Seconds now);
  // It is back from the host's memory.
  void rejoin(std::size_t group, serving::RequestId request);
  // The `decoding` sequences of a group will not decode in the next step, which begins now.
  void stand_still(std::size_t group, std::int64_t decoding, Seconds now);
  // A run of steps in which `decoding` sequences decode, the first of which ends at `first_end`. Returns how many of those had their last
  // token before the first step began; their gaps are logged here, those of the others follow from `record`.
  std::int64_t decode(const metrics::StepRecord& record, Seconds first_end);
  // A sequence that was computed again has its next token now.
  void emit_again(serving::RequestId request, Seconds now);
  // The longest gap of a sequence that has decoded in a group since step `since`, those logged by request apart.
  Seconds longest(std::size_t group, std::int64_t since) const;

 private:
  static constexpr serving::RequestId many = -1;
  struct Late {
    Seconds last;  // token
    std::int64_t count;
    std::int64_t since;  // the step before which they had it
    serving::RequestId request;
  };
  struct Group {
    std::vector<Late> late;
    std::int64_t still = -1;  // the last step in which it stood still
    SuffixMaximum gaps;       // of those who stood still
  };

  void log_gap(const Late& late, Seconds end);
  void add(std::size_t group, const Late& late);

  metrics::RunLog& log_;
  std::vector<Group> groups_;
  std::vector<std::size_t> late_groups_;
  std::unordered_map<serving::RequestId, Seconds> interrupted_;  // their last tokens
  SuffixMaximum steps_;
  std::int64_t next_ = 0;
};

}  // namespace podsim::engine
