// The attention groups of an instance: they step together, and only those in which something happens are looked at.
#pragma once

#include <limits>
#include <vector>

#include "engine/lowest.hpp"
#include "engine/step_cost.hpp"
#include "serving/batch.hpp"
#include "serving/prompt_gate.hpp"

namespace podsim::engine {

class AttentionGroups {
 public:
  AttentionGroups(int groups, const serving::BatchLimits& limits, const serving::GatePolicy& gate, const serving::KvCache& cache,
                  serving::PrefixTiers* tiers);

  // A group's plan for the next step; groups without one decode on, or are idle.
  struct Plan {
    std::size_t group;
    serving::StepPlan step;
  };
  struct Outcome {
    std::vector<serving::StepOutcome> groups;  // of those in which a prompt or a sequence ended
    double emitted = 0;                        // tokens by all decoding sequences
  };

  // Lets those plan that have prompts or no memory to decode on. False: there is nothing to do.
  bool plan();
  const std::vector<Plan>& plans() const { return plans_; }
  // Steps that run alike: 1 while prompts are computed, else until a sequence finishes or memory runs out.
  std::int64_t alike() const { return alike_; }
  // What all groups do `after` decode steps from now. Valid until the next call.
  std::span<const LoadClass> loads(std::int64_t after);
  double decode_sequences() const;                  // of the step
  double decode_context(std::int64_t after) const;  // their sum
  double prefill_tokens() const;
  // Whether prompts are admitted of which a part was found in memory.
  bool hits() const;
  // Tokens of prompts that the step brings from each tier.
  std::vector<double> loaded_tokens(std::size_t tiers) const;
  // Blocks that the step moves between the host's memory and a group's, of the group with the most, and of all.
  std::int64_t most_moved_blocks() const;
  std::int64_t moved_blocks() const;
  Outcome commit(std::int64_t steps);
  // So many of the steps in progress have been completed: caches are seen as they are then.
  void look_ahead(std::int64_t completed) { ahead_ = completed; }

  // Calls `change(batch)` on a group that is up to date.
  template <class Change>
  auto update(std::size_t group, Change change) {
    sync(group);
    struct Refresh {
      AttentionGroups& groups;
      std::size_t group;
      ~Refresh() { groups.refresh(group); }
    } refresh{*this, group};
    return change(batches_[group]);
  }

  // The group with the least to compute for a prompt with this prefix; the first of equals.
  std::size_t least_loaded(serving::BlockHashes prefix = {});
  // The longest prefix that a group holds, tokens.
  std::int64_t matching_tokens(serving::BlockHashes prefix);
  std::size_t size() const { return batches_.size(); }
  std::int64_t decoding(std::size_t group) const { return states_[group].sequences; }
  std::int64_t capacity_tokens() const { return batches_.front().cache().capacity_tokens(); }
  std::int64_t used_blocks();
  // What waits for admission.
  serving::Queue queue() const;
  // Prompt tokens that are still to be computed in a group.
  std::int64_t prompt_tokens(std::size_t group) const { return batches_[group].prompt_tokens(); }

 private:
  static constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

  // What is known of a group without looking at its batch, at the instance's count of decode steps.
  struct State {
    std::int64_t sequences = 0;
    std::int64_t starts = 0;  // they hold starts + tokens_per_step * (sequences * steps - offset) tokens, whatever the step
    std::int64_t offset = 0;
    std::int64_t synced = 0;  // steps that the batch has made
    bool prompts = false;
    bool planned = false;
  };
  // Groups without a plan that decode equally many sequences.
  struct Class {
    int groups = 0;
    double base = 0;     // the longest context would be base + growth * steps
    bool known = false;  // base is up to date
  };

  void sync(std::size_t group);
  void refresh(std::size_t group);
  void count(std::size_t group, int sign);
  void set_planned(std::size_t group, bool planned);
  double base_of(const State& state) const {
    return static_cast<double>(state.starts) - tokens_per_step_ * static_cast<double>(state.offset);
  }
  double longest_base(std::int64_t sequences);
  bool opens_gate();
  double growth(std::int64_t sequences) const { return tokens_per_step_ * static_cast<double>(sequences); }

  double tokens_per_step_;
  int queries_;
  std::int64_t steps_ = 0;  // since the start, up to the last commit
  std::int64_t ahead_ = 0;
  serving::PromptGate gate_;
  bool open_ = true;
  std::vector<serving::Batch> batches_;
  std::vector<State> states_;
  std::vector<Plan> plans_;
  Lowest finishes_;                   // the count of steps at which a group finishes a sequence
  Lowest fulls_;                      // at which it needs memory
  Lowest outstanding_;                // tokens
  std::vector<Class> classes_;        // by number of sequences
  std::vector<std::int64_t> in_use_;  // numbers of sequences that some group without a plan has
  std::vector<LoadClass> loads_;
  std::int64_t alike_ = 1;
  int with_prompts_ = 0;  // groups
  State unplanned_;       // sums over the groups without a plan
  int idle_ = 0;          // of those, the ones that decode nothing
};

}  // namespace podsim::engine
