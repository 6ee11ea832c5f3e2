#include "engine/step_cost.hpp"

#include <algorithm>
#include <bit>
#include <boost/math/distributions/normal.hpp>

#include "base/random.hpp"

namespace podsim::engine {

using compute::OperatorTime;
using model::Exchange;
using model::GroupLoad;

namespace {

// Calls that the host makes for an exchange without a graph: choice of the algorithm, copy into registered memory, kernel. Small
// all-reduces of vLLM 0.19 take 20 us on 2 and 4 GPUs and 20 to 38 us on 8 when no graph is replayed, 5 to 26 us when one is
// (aiconfigurator, custom_allreduce tables of H200 and B200).
constexpr double calls_per_exchange = 3;

// The mean of the largest of n standard normal values (Blom 1958; within 0.03 from n = 2 on).
double expected_largest(int n) { return n > 1 ? boost::math::quantile(boost::math::normal(), (n - 0.375) / (n + 0.25)) : 0; }

// Time on a share of the cores: what arithmetic bounds takes as much longer, what memory bounds does not.
Seconds on_share(const OperatorTime& time, double share) {
  const Seconds busy = time.compute + time.memory;
  const double arithmetic = busy > Seconds(0) ? time.compute / busy : 0;
  return time.total * (arithmetic / share + 1 - arithmetic);
}

}  // namespace

StepCost::StepCost(const hardware::ChipSpec& chip, const model::ModelSpec& model, const model::Formats& formats, const serving::Pool& pool,
                   const InstanceNetwork& network)
    : chip_(chip),
      model_(model),
      formats_(formats),
      parallel_(pool.parallel),
      engine_(pool.engine),
      drafts_(pool.speculation.draft_tokens),
      imbalance_(pool.expert_imbalance),
      network_(network),
      attention_(model.attention.size()) {
  chip_.use_kernels(engine_.kernels);
  for (auto& peak : chip_.peak) {
    if (peak) peak = *peak * engine_.kernel_rate;
  }
  for (Seconds* host : {&engine_.host_call, &engine_.step_overhead, &engine_.sequence_overhead, &engine_.prompt_overhead})
    *host = *host / chip.host_speed;
  chip_.matrix_kernel_overhead *= engine_.kernel_fusion;
  chip_.vector_kernel_overhead *= engine_.kernel_fusion;
  last_rank_ = engine_.rank_jitter * expected_largest(parallel_.tensor);
  if (!chip_.measured.empty()) measured_ = compute::MeasuredTable::read(chip_.measured);
}

OperatorTime StepCost::sum_of(std::span<const model::Operator> operators) const {
  return compute::sum_of(chip_, measured_ ? &*measured_ : nullptr, operators);
}

std::uint64_t StepCost::Key::hash() const {
  const auto bits = [](double value) { return std::bit_cast<std::uint64_t>(value); };
  return mix(mix(bits(a), bits(b)), bits(c));
}

template <class Make>
const StepCost::Block& StepCost::remember(Memo& memo, const Key& key, Make make) {
  if (memo.known.empty()) memo.known.resize(Memo::size, {{-1, 0, 0}, {}});
  auto& [known, block] = memo.known[key.hash() % Memo::size];
  if (known != key) {
    block = price(make());
    known = key;
  }
  return block;
}

Seconds& StepCost::Block::of(Exchange exchange) {
  switch (exchange) {
    case Exchange::dispatch: return dispatch;
    case Exchange::combine: return combine;
    case Exchange::sequence_all_gather:
    case Exchange::sequence_all_to_all: return sequence;
    default: return tensor;
  }
}

Seconds StepCost::time_of(const model::Communication& communication) const {
  const Seconds waiting = communication.exchange == Exchange::tensor_all_reduce ? last_rank_ : Seconds(0);
  return waiting + network_.time(communication) + network_.shared(communication) * (stretch_ - 1);
}

StepCost::Block StepCost::price(const model::Work& work) const {
  Block block;
  block.operators = sum_of(work.operators);
  for (const model::Communication& communication : work.communications) {
    block.of(communication.exchange) += time_of(communication);
    block.shared += network_.shared(communication);
    block.operators.calls += calls_per_exchange;
  }
  return block;
}

StepCost::Block StepCost::attention(const GroupLoad& load) {
  Block mean;
  for (std::size_t i = 0; i < model_.attention.size(); ++i) {
    const auto [kind, layers] = model_.attention[i];
    Block block = remember(attention_[i], {load.prefill_tokens, load.decode_sequences, stretch_},
                           [&, kind = kind] { return model::attention_projections(model_, kind, parallel_, formats_, load); });
    block.operators += sum_of(model::attention_core(model_, kind, parallel_, formats_, load));
    const double share = layers / static_cast<double>(model_.layers);
    mean.operators += block.operators * share;
    mean.tensor += block.tensor * share;
    mean.sequence += block.sequence * share;
    mean.shared += block.shared * share;
  }
  return mean;
}

StepCost::Merged StepCost::merge(std::span<const LoadClass> classes, double scale) {
  Merged merged;
  int groups = 0;
  merged.prompts = std::any_of(classes.begin(), classes.end(), [](const LoadClass& c) { return c.load.prefill_tokens > 0; });
  for (const auto& [whole, count] : classes) {
    groups += count;
    if (whole.tokens() == 0) continue;
    const serving::GraphSize graph = serving::graph_size(engine_, whole.decode_sequences);
    const double padding = merged.prompts ? 0 : (graph.sequences - whole.decode_sequences) * whole.queries;
    merged.captured = merged.captured && graph.captured;
    merged.max_tokens = std::max(merged.max_tokens, whole.tokens() + padding);
    merged.stage_tokens += (whole.tokens() + padding) * count;
    merged.positions = std::max(merged.positions, whole.decode_tokens() + whole.prefill_sequences);
    GroupLoad load = whole;
    for (double* part : {&load.prefill_sequences, &load.prefill_tokens, &load.prefill_pairs, &load.prefill_context, &load.decode_sequences,
                         &load.decode_context})
      *part *= scale;
    const Block block = attention(load);
    if (block.time() > merged.attention.time()) merged.attention = block;
  }
  if (merged.max_tokens > 0) merged.mean_share = merged.stage_tokens / groups / merged.max_tokens;
  merged.max_tokens *= scale;
  merged.stage_tokens *= scale;
  merged.positions *= scale;
  return merged;
}

// What the endpoints that hold attention do for an MoE layer; all of it unless the experts are elsewhere.
StepCost::Block StepCost::moe(const Merged& m) {
  Block block = remember(moe_, {m.max_tokens, m.stage_tokens, stretch_}, [&] {
    return parallel_.disaggregated_experts
               ? model::moe_sides(model_, parallel_, formats_, m.max_tokens, domain_tokens(m), imbalance_).attention
               : model::moe_block(model_, parallel_, formats_, m.max_tokens, m.stage_tokens, imbalance_, fuses_shared());
  });
  block.operators.total += engine_.routing_overhead;
  block.operators.by_source[static_cast<std::size_t>(compute::TimeSource::fitted)] += engine_.routing_overhead;
  return block;
}

StepCost::Block StepCost::experts(const Merged& m) {
  return remember(experts_, {m.max_tokens, m.stage_tokens, 0},
                  [&] { return model::moe_sides(model_, parallel_, formats_, m.max_tokens, domain_tokens(m), imbalance_).experts; });
}

StepCost::Pass StepCost::pass(const Merged& m) {
  const Block& dense =
      remember(dense_, {m.max_tokens, 0, stretch_}, [&] { return model::dense_block(model_, parallel_, formats_, m.max_tokens); });
  const Block& head =
      remember(head_, {m.positions, 0, stretch_}, [&] { return model::head_block(model_, parallel_, formats_, m.positions); });
  Block moe;
  if (model_.moe) moe = this->moe(m);
  // Each drafted token runs one more MoE (or dense) layer and the head.
  const double moe_layers = model_.moe_layers() + (model_.moe ? drafts_ : 0);
  const double dense_layers = model_.dense_layers() + (model_.moe ? 0 : drafts_);
  const double layers = moe_layers + dense_layers;
  const double heads = 1 + drafts_;

  Pass pass;
  const Seconds attention = m.attention.operators.total + m.attention.tensor;
  pass.compute_side = (attention + moe.operators.total + moe.tensor) * moe_layers;
  pass.exchange_side = (m.attention.sequence + moe.dispatch + moe.combine) * moe_layers;
  pass.attention_part =
      (on_share(m.attention.operators, 1 - engine_.expert_cores) + m.attention.tensor + m.attention.sequence) * moe_layers;
  pass.expert_part = (on_share(moe.operators, engine_.expert_cores) + moe.tensor + moe.dispatch + moe.combine) * moe_layers;
  pass.rest = (attention + m.attention.sequence + dense.operators.total + dense.tensor) * dense_layers +
              (head.operators.total + head.tensor) * heads;
  const OperatorTime work = m.attention.operators * layers;
  OperatorTime all = moe.operators * moe_layers;
  all += dense.operators * dense_layers;
  all += head.operators * heads;
  all += work;
  pass.calls = all.calls;
  pass.busy.operators = all.by_source;
  pass.busy.compute = all.compute * (m.mean_share * engine_.kernel_rate);
  pass.busy.memory = all.memory;
  pass.busy.link = m.attention.tensor * layers + m.attention.sequence * dense_layers + moe.tensor * moe_layers +
                   dense.tensor * dense_layers + pass.exchange_side;
  pass.busy.shared = m.attention.shared * layers + moe.shared * moe_layers + dense.shared * dense_layers + head.shared * heads;
  if (parallel_.disaggregated_experts) {
    const OperatorTime experts = this->experts(m).operators;
    pass.stations = {attention + m.attention.sequence + moe.operators.total, moe.dispatch, experts.total, moe.combine};
    pass.experts = experts * moe_layers;
    pass.moe_layers = moe_layers;
  }
  return pass;
}

Seconds StepCost::halves(const Pass& half) const {
  const bool partitions = engine_.overlap == serving::Overlap::core_partitions;
  const Seconds compute = (partitions ? half.attention_part : half.compute_side) * 2;
  const Seconds exchange = (partitions ? half.expert_part : half.exchange_side) * 2;
  return std::max(compute, exchange) + std::min(compute, exchange) * (1 - engine_.overlap_efficiency) + half.rest * 2;
}

// The attention endpoints work on each micro-batch, the expert endpoints on each of all domains; the means are over both.
StepTime StepCost::in_turns(const Pass& pass, double micro_batches) const {
  const Turns turns = {static_cast<double>(parallel_.disaggregated_experts->domains), micro_batches};
  const double passes = turns.domains * turns.micro_batches;
  const double on_attention = parallel_.attention_endpoints() / static_cast<double>(parallel_.endpoints()) * micro_batches;
  const double on_experts = parallel_.expert_endpoints() / static_cast<double>(parallel_.endpoints()) * passes;
  StepTime time;
  time.total = layers_time(pass.stations, turns, pass.moe_layers) + pass.rest * micro_batches;
  time.compute = pass.busy.compute * on_attention + pass.experts.compute * (on_experts * engine_.kernel_rate / imbalance_);
  time.memory = pass.busy.memory * on_attention + pass.experts.memory * on_experts;
  time.link = pass.busy.link * on_attention + (pass.stations.dispatch + pass.stations.combine) * (pass.moe_layers * on_experts);
  time.shared = pass.busy.shared * micro_batches;  // of attention endpoints, where transfers end
  const Seconds attention = pass.stations.attention * pass.moe_layers + pass.rest;
  time.idle = time.total - (attention * on_attention + pass.experts.total * on_experts);
  for (std::size_t i = 0; i < time.operators.size(); ++i)
    time.operators[i] = pass.busy.operators[i] * micro_batches + pass.experts.by_source[i] * passes;
  return time;
}

double StepCost::micro_batch(std::span<const LoadClass> groups) const {
  const int most = parallel_.disaggregated_experts ? parallel_.disaggregated_experts->micro_batches : parallel_.pipeline;
  double sequences = 1;
  for (const auto& [load, count] : groups) sequences = std::max(sequences, load.decode_sequences + load.prefill_sequences);
  return 1 / std::min(sequences, static_cast<double>(most));
}

StepTime StepCost::step(std::span<const LoadClass> groups) {
  const double micro_batch = this->micro_batch(groups);
  const Merged merged = merge(groups, micro_batch);
  const Pass full = pass(merged);
  StepTime time = full.busy;
  time.total = whole(full);
  if (parallel_.disaggregated_experts) {
    time = in_turns(full, 1 / micro_batch);
  } else if (engine_.overlap != serving::Overlap::none && full.exchange_side > Seconds(0) && merged.max_tokens >= engine_.split_from) {
    const Pass half = pass(merge(groups, micro_batch / 2));
    if (engine_.split_from > 0 || halves(half) < time.total) {
      time.total = halves(half);
      time.compute = half.busy.compute * 2;
      time.memory = half.busy.memory * 2;
      time.link = half.busy.link * 2;
      time.shared = half.busy.shared * 2;
    }
  }
  if (parallel_.pipeline > 1) {
    const Bytes hidden(merged.max_tokens / parallel_.group() * model_.hidden * 2);
    const model::Communication send = {Exchange::pipeline_send, hidden};
    time.total += time_of(send) * parallel_.pipeline;
    time.link += time_of(send) * parallel_.pipeline;
    time.shared += network_.shared(send) * parallel_.pipeline;
  }
  if (merged.prompts || !merged.captured)
    time.total = std::max(time.total, engine_.host_call * (parallel_.disaggregated_experts ? full.calls / micro_batch : full.calls));
  if (merged.prompts) time.total += engine_.prompt_overhead;
  double sequences = 0;
  for (const auto& [load, count] : groups) sequences = std::max(sequences, load.decode_sequences + load.prefill_sequences);
  const Seconds host = engine_.sequence_overhead * sequences;
  time.total = engine_.step_overhead + (engine_.host == serving::Host::overlapped ? std::max(time.total, host) : time.total + host);
  return time;
}

Seconds StepCost::first_use(double prompt_tokens) {
  const serving::FirstUse& first = engine_.first_use;
  Seconds time;
  if (prompt_tokens == 0) decoded_ = true;
  if (first.tokens == 0 || prompt_tokens < static_cast<double>(first.tokens)) return time;
  if (!used_) time += first.time;
  if (decoded_ && !used_again_) time += first.again;
  used_ = true;
  used_again_ = decoded_;
  return time;
}

StepParts StepCost::parts(std::span<const LoadClass> groups) {
  const Merged m = merge(groups, micro_batch(groups));
  StepParts parts;
  parts.attention = m.attention.operators.total;
  parts.tensor = m.attention.tensor;
  parts.sequence = m.attention.sequence;
  if (model_.moe) {
    const Block moe = this->moe(m);
    parts.experts = (parallel_.disaggregated_experts ? experts(m) : moe).operators.total;
    parts.dispatch = moe.dispatch;
    parts.combine = moe.combine;
    parts.tensor += moe.tensor;
  }
  parts.head = price(model::head_block(model_, parallel_, formats_, m.positions)).operators.total;
  return parts;
}

}  // namespace podsim::engine
