// The time of one step of an instance: operators and collectives put together as the engine profile says.
#pragma once

#include <span>
#include <utility>
#include <vector>

#include "collective/link_use.hpp"
#include "collective/operation_cost.hpp"
#include "compute/shaped_cost.hpp"
#include "engine/expert_pipeline.hpp"
#include "hardware/chip.hpp"
#include "model/operators.hpp"
#include "serving/deployment.hpp"
#include "topology/router.hpp"

namespace podsim::engine {

// Duration of a step and, averaged over the instance's endpoints, how long arithmetic and memory would need at their
// data-sheet peaks and how long the network is in use.
struct StepTime {
  Seconds total;
  Seconds compute;
  Seconds memory;
  Seconds link;
  Seconds idle;                     // with disaggregated experts: waiting for the other side, or for other domains
  Seconds shared;                   // at line rate on links that transfers between instances use too
  compute::TimeBySource operators;  // what the operators take, by where their times come from
};

// Where the time of a step goes, for reports. The parts overlap where the engine overlaps them. With disaggregated experts: of one
// micro-batch.
struct StepParts {
  Seconds attention;  // one layer, slowest group: projections and core
  Seconds experts;    // one MoE layer's operators
  Seconds dispatch;
  Seconds combine;
  Seconds tensor;    // tensor all-reduce of one layer
  Seconds sequence;  // sequence exchanges of one layer
  Seconds head;      // once a step
};

// Collective costs of one instance, by exchange, as functions of bytes.
class InstanceNetwork {
 public:
  // `shared_planes`: those over which transfers between instances may go.
  InstanceNetwork(topology::Router& router, const serving::Pool& pool, const model::ModelSpec& model, std::span<const int> endpoints,
                  std::span<const int> shared_planes = {});
  Seconds time(const model::Communication& communication) const;
  // A part of it: at the achieved rate on links of shared planes.
  Seconds shared(const model::Communication& communication) const;
  // The links of shared planes, in order: the most that an exchange puts on each, and the fewest flows.
  const std::vector<collective::LinkUse>& shared_links() const { return shared_links_; }

 private:
  // Between a domain's attention endpoints and the expert endpoints.
  void price_sides(topology::Router& router, const serving::Pool& pool, const model::ModelSpec& model, std::span<const int> endpoints,
                   std::span<const int> shared_planes);
  void note_shared(topology::Router& router, const collective::Task& task, model::Exchange exchange, std::span<const int> endpoints,
                   std::span<const int> planes, std::span<const int> shared_planes);

  std::array<collective::OperationCost, 6> costs_;  // by model::Exchange
  std::array<bool, 6> shares_ = {};
  std::vector<collective::LinkUse> shared_links_;
};

// `groups` attention groups that do the same in a step, or of which only the busiest counts: those that decode equally many sequences.
struct LoadClass {
  model::GroupLoad load;
  int groups = 1;
};

class StepCost {
 public:
  StepCost(const hardware::ChipSpec& chip, const model::ModelSpec& model, const model::Formats& formats, const serving::Pool& pool,
           const InstanceNetwork& network);

  // What every attention group of the instance does in this step, idle ones too. The slowest sets the pace of every layer.
  //
  // A step runs in `pipeline` micro-batches that fill the stages, so it takes the time of all layers for one of them. A sequence cannot be
  // split: with fewer of them than stages there are as many micro-batches as sequences, and stages stand idle.
  // Decode work is padded to the batch sizes for which the engine has graphs, but for the attention cores.
  // Two-batch overlap: with C the compute (and tensor all-reduce) and X the expert and sequence exchanges of both halves,
  // max(C, X) + (1 - efficiency) * min(C, X), where that beats running the whole batch at once or the engine
  // says that batches are split from a number of tokens on. With disaggregated experts that pipeline (engine/expert_pipeline) stands in
  // place of the engine's overlap; a batch of fewer sequences than micro-batches has as many as sequences. Core partitions: likewise with
  // the attention and the expert side, each on its share of the cores; what arithmetic bounds takes 1 / share times as long, what memory
  // bounds as ever. A step with prompts replays no graph, nor does any of an engine without them: it takes at least as long as the host
  // needs to call its kernels.
  StepTime step(std::span<const LoadClass> groups);
  StepParts parts(std::span<const LoadClass> groups);

  // How many times as long as alone exchanges use links that they share with transfers between instances, from now on.
  void set_stretch(double stretch) { stretch_ = stretch; }
  const InstanceNetwork& network() const { return network_; }

  // What the next step takes longer because its kernels are made only now; call for every step, with its tokens of prompts (0: it decodes).
  Seconds first_use(double prompt_tokens);

 private:
  // A block's operators and exchanges; memoised because decode repeats the same token counts.
  struct Block {
    compute::OperatorTime operators;
    Seconds tensor;
    Seconds sequence;
    Seconds dispatch;
    Seconds combine;
    Seconds shared;  // of these, on shared links

    Seconds& of(model::Exchange exchange);
    Seconds time() const { return operators.total + tensor + sequence + dispatch + combine; }
  };
  struct Key {
    double a, b, c;
    bool operator==(const Key&) const = default;
    std::uint64_t hash() const;
  };
  // One entry a hash: batches change by a sequence at a time, so what is asked for again was asked for lately.
  struct Memo {
    static constexpr std::size_t size = 1024;
    std::vector<std::pair<Key, Block>> known;  // none before the first
  };

  // All groups seen as one: the slowest group's attention, the most tokens, the sum of tokens.
  struct Merged {
    Block attention;  // of the slowest group, core included
    double max_tokens = 0;
    double stage_tokens = 0;
    double positions = 0;   // of the group with the most
    bool prompts = false;   // a chunk of a prompt is among the work
    bool captured = true;   // every group's decode work has a graph
    double mean_share = 1;  // mean group tokens / max_tokens
  };
  struct Pass {
    Seconds compute_side;           // operators and tensor exchanges of the MoE layers
    Seconds exchange_side;          // sequence exchanges, dispatch and combine of the MoE layers
    Seconds attention_part;         // the same by core partition: attention with its exchanges on its share of the cores,
    Seconds expert_part;            // experts with theirs on the rest
    Seconds rest;                   // dense layers, head
    StepTime busy;                  // total unused; with disaggregated experts of the attention endpoints
    LayerStations stations;         // only with disaggregated experts, which are not in the sides above:
    compute::OperatorTime experts;  // of all layers on an expert endpoint
    double moe_layers = 0;
    double calls = 0;  // that the host of an endpoint makes without a graph
  };

  bool fuses_shared() const { return engine_.shared_experts == serving::SharedExperts::fused; }
  double micro_batch(std::span<const LoadClass> groups) const;  // its share of the step's work
  Merged merge(std::span<const LoadClass> groups, double scale);
  Pass pass(const Merged& merged);
  Seconds whole(const Pass& pass) const { return pass.compute_side + pass.exchange_side + pass.rest; }
  Seconds halves(const Pass& half) const;
  StepTime in_turns(const Pass& micro_batch, double micro_batches) const;

  // Valid until the memo is asked again.
  template <class Make>
  const Block& remember(Memo& memo, const Key& key, Make make);
  Block price(const model::Work& work) const;
  Block moe(const Merged& merged);
  Block experts(const Merged& merged);
  double domain_tokens(const Merged& merged) const { return merged.stage_tokens / parallel_.disaggregated_experts->domains; }
  Seconds time_of(const model::Communication& communication) const;
  // One attention layer, averaged over the kinds of layers.
  Block attention(const model::GroupLoad& load);

  compute::OperatorTime sum_of(std::span<const model::Operator> operators) const;

  hardware::ChipSpec chip_;
  std::optional<compute::MeasuredTable> measured_;
  model::ModelSpec model_;
  model::Formats formats_;
  model::ParallelSpec parallel_;
  serving::EngineProfile engine_;
  int drafts_;
  bool decoded_ = false, used_ = false, used_again_ = false;  // so far: kernels for many tokens of prompts
  double imbalance_;
  double stretch_ = 1;
  // How much later an all-reduce of a tensor group begins than libraries, measured with endpoints in step, say: the expected largest of
  // the endpoints' normal delays (engine rank_jitter).
  Seconds last_rank_;
  InstanceNetwork network_;
  std::vector<Memo> attention_;        // by kind of layer, without their cores
  Memo dense_, moe_, experts_, head_;  // experts_: of endpoints that hold nothing else
};

}  // namespace podsim::engine
