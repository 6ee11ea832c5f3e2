// Continuous batching in one attention group: who waits, who is being prefilled, who decodes.
#pragma once

#include <cstdint>
#include <deque>
#include <limits>
#include <set>
#include <unordered_map>
#include <vector>

#include "model/operators.hpp"
#include "serving/block_growth.hpp"
#include "serving/engine_profile.hpp"
#include "serving/kv_cache.hpp"
#include "serving/prefix_tiers.hpp"

namespace podsim::serving {

struct BatchLimits {
  int max_sequences = 256;           // prefilling and decoding together
  std::int64_t token_budget = 8192;  // tokens of one step; decoding sequences are served first
  double tokens_per_step = 1;        // emitted by a decoding sequence: 1 + accepted drafts
  int queries = 1;                   // fed in by a decoding sequence: 1 + drafts
  bool decodes = true;               // false: a sequence leaves for another pool after its prompt
  Scheduling scheduling = Scheduling::mixed;
  KvAllocation allocation = KvAllocation::whole;
  QueueOrder queue = QueueOrder::arrival;
  std::int64_t swap_blocks = 0;  // of the host's memory, for sequences that are preempted
};

// A part of a prompt that runs in one step.
struct Chunk {
  RequestId request;
  std::int64_t before;  // prompt tokens computed or found in the cache earlier
  std::int64_t tokens;
  bool first;  // of its prompt
};

// A prompt that was admitted with a part of it found in memory.
struct PrefixHit {
  RequestId request;
  std::int64_t cached;               // tokens in the group's own memory
  std::vector<std::int64_t> loaded;  // tokens brought from each tier in this step
};

struct StepPlan {
  std::vector<Chunk> chunks;
  std::vector<RequestId> preempted;  // lost their memory and wait again
  std::vector<RequestId> swapped;    // of those, moved to the host's memory
  std::vector<RequestId> returned;   // came back from there and decode
  std::int64_t moved_blocks = 0;     // between the host's memory and the group's, both ways
  std::vector<PrefixHit> hits;
  bool empty = true;  // nothing to compute
};

// What happened to requests in a step.
struct StepOutcome {
  std::vector<RequestId> prefilled;  // gave their first token
  std::vector<RequestId> finished;   // gave their last token
  std::vector<RequestId> resumed;    // were computed again and gave their next token
  double emitted = 0;                // tokens by decoding sequences; a last step gives only what is still missing
};

// State and decisions of one group; no clock. Admission follows the order of the queue, strictly: nobody overtakes who does not fit;
// prompts that have begun are finished first. A step serves decoding sequences first and fills the token budget with chunks of prompts
// (mixed), or gives the whole budget to prompts while decoding stands still (prefill_first); static batches are admitted when the last one
// has ended.
//
// Memory: `whole` takes room for prompt and answer at admission, so nothing is ever preempted (TensorRT-LLM calls it "guaranteed no
// evict"); `grow` takes room for the prompt, and blocks as the answer grows. When none is left, the sequence of the lowest priority that
// was admitted last loses its memory. Its cache moves to the host's memory, while there is room, and comes back as it was; else, and where
// its prompt is still under way, it is computed again from its prompt and answer so far (vLLM: preemption by swap and by recompute).
class Batch {
 public:
  // `tiers` may be null; it outlives the batch.
  Batch(BatchLimits limits, KvCache cache, PrefixTiers* tiers = nullptr);

  void add_prompt(const Sequence& sequence);
  // Reserves memory for a sequence whose KV will come from another pool; false when there is no room now.
  bool reserve(const Sequence& sequence);
  // Its KV has arrived: it decodes from the next step on.
  void add_decoding(const Sequence& sequence);
  // A sequence whose KV has left for another pool gives its memory back.
  void release(const Sequence& sequence);

  // Admits what fits, preempts who must go and plans the next step. Without `admitting`, prompts that have not begun wait on.
  StepPlan plan(bool admitting = true);
  // The load of that step; `after` decode steps from now (0: the next), while nothing joins or leaves.
  model::GroupLoad load(const StepPlan& plan, std::int64_t after = 0) const;
  // What the decoding sequences hold, tokens, is starts + tokens_per_step * steps.
  struct Context {
    std::int64_t starts;  // with their prompts and first tokens
    std::int64_t steps;   // all that they have made
  };
  Context context() const { return {start_contexts_, decoding() * steps_ - start_steps_}; }
  // Decode steps until the next sequence finishes (it finishes in the last of them); 0 when none decodes.
  std::int64_t steps_to_finish() const;
  // Decode steps for which there is memory, at least 1 after plan().
  std::int64_t steps_to_full() const;
  // Applies the plan once, then `steps` - 1 further decode steps (1 unless the plan has no chunks).
  StepOutcome commit(const StepPlan& plan, std::int64_t steps);
  // `steps` decode steps in which nobody joins and nobody finishes.
  void advance(std::int64_t steps);

  bool idle() const { return !has_prompts() && decoding() == 0; }
  bool has_prompts() const { return !waiting_.empty() || !prefilling_.empty(); }
  std::int64_t waiting() const { return static_cast<std::int64_t>(waiting_.size()); }
  // Tokens of prompts that are still to be computed, of those that wait too.
  std::int64_t prompt_tokens() const;
  bool has_slot() const { return active() < limits_.max_sequences; }
  // Tokens that a step with all prompts here would have / token budget, at most 1.
  double fill() const;
  std::int64_t decoding() const { return static_cast<std::int64_t>(decoding_.size()); }
  const KvCache& cache() const { return cache_; }
  // Tokens still to be computed or generated by everyone here, for routing.
  std::int64_t outstanding_tokens() const { return outstanding_; }

 private:
  struct Prefilling {
    Sequence sequence;
    std::int64_t done = 0;
    bool begun = false;
    std::size_t pinned = 0;  // chunks of its prefix that it shares
    std::int64_t turn = 0;   // of its admission
  };
  struct Decoding {
    std::int64_t last_step;  // it finishes when steps_ reaches this
    std::int64_t first_step;
    Sequence sequence;
    std::size_t pinned;
    std::int64_t turn;
    // The earliest first; ties by request.
    bool operator<(const Decoding& other) const;
  };

  bool decodes_in(const StepPlan& plan) const {
    return !decoding_.empty() && (plan.chunks.empty() || limits_.scheduling != Scheduling::prefill_first);
  }
  bool grows() const { return limits_.allocation == KvAllocation::grow; }
  std::int64_t active() const { return decoding() + reserved_ + departing_ + static_cast<std::int64_t>(prefilling_.size()); }
  std::int64_t growing() const;
  std::int64_t blocks_at_admission(const Sequence& sequence) const;
  std::int64_t emitted_by(const Decoding& decoding) const;
  std::size_t full_chunks(const Sequence& sequence, std::int64_t tokens) const;
  void admit(StepPlan& plan);
  bool admit(const Sequence& sequence, StepPlan& plan);
  bool bring_back(const Sequence& sequence, StepPlan& plan);
  void wait_again(const Sequence& sequence);
  void make_room(StepPlan& plan);
  bool preempt_one(StepPlan& plan);
  void preempt(const Prefilling& prompt, StepPlan& plan);
  void preempt(const Decoding& decoding, StepPlan& plan);
  void give_back(const Sequence& sequence, std::size_t pinned, std::int64_t blocks);
  void start_decoding(const Sequence& sequence, std::size_t pinned, std::int64_t turn);
  void stop_decoding(std::set<Decoding>::const_iterator decoding, std::size_t pinned);
  void keep(BlockHashes prefix, std::size_t from, std::size_t to);
  void end_prompt(const Prefilling& prompt, StepOutcome& outcome);

  BatchLimits limits_;
  KvCache cache_;
  PrefixTiers* tiers_;
  BlockGrowth growth_;
  std::deque<Sequence> waiting_;
  std::deque<Prefilling> prefilling_;
  std::set<Decoding> decoding_;
  std::unordered_map<RequestId, std::size_t> departing_pins_;
  std::int64_t swapped_blocks_ = 0;  // in the host's memory
  std::int64_t reserved_ = 0;        // sequences on their way from another pool
  std::int64_t departing_ = 0;       // sequences whose KV is on its way to another pool
  std::int64_t steps_ = 0;           // decode steps so far
  std::int64_t turns_ = 0;           // admissions so far
  std::int64_t start_contexts_ = 0;  // sums over decoding sequences, kept as integers so that they never drift
  std::int64_t start_steps_ = 0;
  std::int64_t outstanding_ = 0;
  double correction_ = 0;  // of the tokens emitted, for those who were preempted
};

}  // namespace podsim::serving
