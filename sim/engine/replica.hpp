// One instance at work: a process that plans a step, lets it take its time, and tells what came of it.
#pragma once

#include <functional>
#include <unordered_map>
#include <vector>

#include "engine/ageing_cost.hpp"
#include "engine/attention_groups.hpp"
#include "engine/loading.hpp"
#include "engine/scenario.hpp"
#include "engine/step_run.hpp"
#include "engine/token_gaps.hpp"
#include "metrics/run_log.hpp"
#include "platform/simulation.hpp"
#include "serving/output_stream.hpp"

namespace podsim::engine {

// What a replica reports, from inside its process. The handlers must not wait.
struct ReplicaEvents {
  std::function<void(serving::RequestId)> prefilled;               // prompt done, KV cache ready to leave
  std::function<void(serving::RequestId, Seconds seen)> finished;  // `seen`: when its client has the last token
  std::function<void(int replica)> has_room;                       // memory was freed
  // A step of a prefill instance begins that computes a chunk of a prompt and takes so long; may be empty.
  std::function<void(const serving::Chunk&, Seconds duration)> prompt_step;
};

class Replica {
 public:
  Replica(int id, const Scenario& scenario, const Instance& instance, AgeingCost cost, metrics::RunLog& log, ReplicaEvents events,
          serving::PrefixTiers* tiers, Loading loading);

  // The process; does not return.
  platform::Process<> run();

  // A prompt for the attention group with the fewest outstanding tokens.
  void submit(const serving::Sequence& sequence);
  // Why the engine does not take a prompt, if so.
  metrics::Refusal refusal(const serving::Sequence& sequence);
  // Reserves memory for a sequence whose KV cache is about to be sent here; false when no group has room.
  bool reserve(const serving::Sequence& sequence);
  // The KV cache of a reserved sequence has arrived; it joins the batch at the next step.
  void arrive(const serving::Sequence& sequence);
  // The KV cache of a prefilled sequence has left.
  void release(const serving::Sequence& sequence);

  std::int64_t outstanding_tokens() const { return outstanding_; }
  // Sequences that hold memory here, are promised some or wait for it.
  std::size_t requests() const { return here_.size(); }
  // Of prompts without a first token.
  std::int64_t queued_prompt_tokens() const { return queued_prompts_; }
  // Prompt tokens/s in the last steps with prompts, each counting 0.9 times as much as the next; 0 before the first.
  double prefill_rate() const { return prompt_time_ > Seconds(0) ? prompt_tokens_ / prompt_time_.value() : 0; }
  // The part of the present step in which exchanges use links at line rate that transfers use too; 0 between steps.
  double shared_time() const;
  // Exchanges take so many times as long on such links, from the next step on.
  void set_stretch(double stretch);
  // What its exchanges put on such links.
  const std::vector<collective::LinkUse>& shared_links() { return cost_.at(Seconds(0)).network().shared_links(); }
  // Time spent in steps until now.
  Seconds busy() const;
  std::int64_t capacity_tokens() const { return groups_.capacity_tokens(); }
  // Prompt tokens of a prefix that need not be computed here.
  std::int64_t matching_tokens(serving::BlockHashes prefix);
  // Of all groups.
  std::int64_t used_blocks();
  // The endpoints that hold the KV cache of a sequence here.
  const std::vector<int>& endpoints_of(serving::RequestId request) const { return holders_[here_.at(request).group]; }

 private:
  struct Here {
    std::size_t group;
    serving::Sequence sequence;
    bool queued = false;             // its prompt counts in queued_prompts_
    std::int64_t decodes_since = 0;  // by the count of TokenGaps
  };

  metrics::RequestRecord& record_of(serving::RequestId request) { return log_.requests[static_cast<std::size_t>(request)]; }
  void record_plans();
  void interrupt(serving::RequestId request);
  void add_longest_gap(serving::RequestId request);
  void announce_prompts();
  void look();
  Seconds time_to_prefill(const serving::Sequence& sequence);
  platform::Process<std::vector<Seconds>> load_prefixes();
  StepRun longest_run(Seconds pause, std::span<const Seconds> loading);
  StepRun linear_run(StepCost& cost, Seconds pause, std::span<const Seconds> loading);
  void swap(StepTime& step);
  void record(const StepRun& run, std::int64_t steps, Seconds start);
  void finish_step(std::int64_t steps);
  Seconds send(const AttentionGroups::Outcome& outcome);
  void end_prompt(serving::RequestId request, Seconds seen);

  int id_;
  bool step_by_step_;
  serving::Role role_;
  std::vector<std::vector<int>> holders_;  // endpoints that hold a sequence's KV cache, by group
  AgeingCost cost_;
  Loading loading_;
  std::size_t first_tier_;  // in RunLog::tiers
  serving::BatchLimits limits_;
  serving::Admission admission_;
  Bytes block_;         // of an endpoint's part of a KV block
  ByteRate host_rate_;  // between an endpoint and its host's memory
  metrics::RunLog& log_;
  ReplicaEvents events_;
  AttentionGroups groups_;
  TokenGaps gaps_;
  serving::OutputStream stream_;
  StepRun running_;
  double stretch_ = 1;
  Seconds running_since_;
  std::vector<serving::Sequence> arrived_;
  std::unordered_map<serving::RequestId, Here> here_;
  std::int64_t outstanding_ = 0;
  std::int64_t queued_prompts_ = 0;
  double prompt_tokens_ = 0;  // of the last steps, as prefill_rate() counts them
  Seconds prompt_time_;
  Seconds ended_;  // when the last step did
  Seconds busy_;   // in steps that have ended
  platform::Signal wake_;
};

}  // namespace podsim::engine
