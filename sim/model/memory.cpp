// What an endpoint holds: weights, KV cache and states.
#include <cmath>

#include "model/operator_builders.hpp"

namespace podsim::model {
namespace {

double layers_of_stage(const ModelSpec& model, const ParallelSpec& parallel) {
  return std::ceil(model.layers / static_cast<double>(parallel.pipeline));
}

double attention_elements(const ModelSpec& model, double tensor) {
  double elements = model.attention_parameters() / tensor;
  if (model.latent) {  // the down projections are kept whole on every endpoint
    const LatentAttention& a = *model.latent;
    elements += static_cast<double>(model.hidden) * (a.q_rank + a.kv_rank + a.rope_dim) * (1 - 1 / tensor);
  }
  return elements;
}

}  // namespace

Bytes weight_bytes(const ModelSpec& model, const ParallelSpec& parallel, const Formats& formats, int mtp_layers) {
  const double tensor = parallel.tensor;
  const double moe_share = model.moe_layers() / static_cast<double>(model.layers);
  double per_layer = attention_elements(model, tensor) * size_of(formats.weights) +
                     (1 - moe_share) * model.dense_ffn_parameters() / tensor * size_of(formats.weights);
  if (model.moe) {
    const double slots = parallel.disaggregated_experts ? 0 : parallel.expert > 1 ? parallel.expert_slots(model) : model.moe->experts;
    const double shared_split = parallel.dispatches() ? 1 : tensor;
    const double shared = parallel.shared_expert_endpoints > 0 ? 0 : model.shared_expert_parameters() / shared_split;
    per_layer += moe_share * ((slots * model.expert_parameters() / parallel.expert_split() + shared) * size_of(formats.experts) +
                              static_cast<double>(model.moe->experts) * model.hidden * wide);
  }
  const double embeddings =
      model.embedding_parameters() * ((model.tied_embeddings ? 0 : 1) / tensor + 1.0 / parallel.lm_head_split()) * wide;
  return Bytes((layers_of_stage(model, parallel) + mtp_layers) * per_layer + (parallel.pipeline > 1 ? embeddings / 2 : embeddings));
}

Bytes expert_weight_bytes(const ModelSpec& model, const ParallelSpec& parallel, const Formats& formats, int mtp_layers) {
  const double routed = parallel.expert_slots(model) * model.expert_parameters();
  const double shared = parallel.shared_expert_endpoints > 0 ? model.shared_expert_parameters() : 0;
  return Bytes((model.moe_layers() + mtp_layers) * std::max(routed, shared) * size_of(formats.experts));
}

Bytes kv_bytes_per_token(const ModelSpec& model, const ParallelSpec& parallel, const Formats& formats) {
  // Heads are split over the group, or its context; the latent of MLA and the keys of an indexer are whole on each endpoint.
  const double split =
      (model.latent ? 1 : heads_of(model, parallel).key_value / model.kv_heads) / (parallel.shares_context() ? parallel.sequence : 1);
  return model.kv_bytes_per_token(formats.kv) * (split * layers_of_stage(model, parallel) / model.layers);
}

Bytes state_bytes_per_sequence(const ModelSpec& model, const ParallelSpec& parallel) {
  return model.state_bytes_per_sequence() * (layers_of_stage(model, parallel) / model.layers / parallel.group());
}

}  // namespace podsim::model
