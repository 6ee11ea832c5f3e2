#include "model/model.hpp"

#include <algorithm>
#include <cmath>

namespace podsim::model {
namespace {

constexpr double index_scale_bytes = 4;
constexpr double state_element_bytes = 4;

double latent_parameters(const ModelSpec& model) {
  const LatentAttention& a = *model.latent;
  const double h = model.hidden;
  const double query_width = static_cast<double>(model.heads) * (a.nope_dim + a.rope_dim);
  const double query = a.q_rank > 0 ? h * a.q_rank + a.q_rank * query_width : h * query_width;
  const double latent_in = h * (a.kv_rank + a.rope_dim);
  const double latent_out = static_cast<double>(a.kv_rank) * model.heads * (a.nope_dim + a.v_dim);
  return query + latent_in + latent_out + static_cast<double>(model.heads) * a.v_dim * h;
}

// Queries from the compressed query, one key and a weight a head from the token.
double index_parameters(const ModelSpec& model) {
  const SparseIndex& index = *model.index;
  const double query_in = model.latent && model.latent->q_rank > 0 ? model.latent->q_rank : model.hidden;
  return query_in * index.heads * index.head_dim + static_cast<double>(model.hidden) * (index.head_dim + index.heads);
}

// Queries, keys, values and the output's gate; decay and write strength; convolution; output.
double linear_parameters(const ModelSpec& model) {
  const LinearAttention& a = *model.linear;
  const double h = model.hidden;
  return h * (2 * a.key_width() + 2 * a.value_width() + 2.0 * a.value_heads) + a.convolution * (2 * a.key_width() + a.value_width()) +
         a.value_width() * h;
}

}  // namespace

int ModelSpec::layers_of(AttentionKind kind) const {
  int sum = 0;
  for (const AttentionLayers& part : attention) sum += part.kind == kind ? part.layers : 0;
  return sum;
}

double ModelSpec::attention_parameters(AttentionKind kind) const {
  if (kind == AttentionKind::linear) return linear_parameters(*this);
  const double index_part = kind == AttentionKind::sparse ? index_parameters(*this) : 0;
  if (latent) return latent_parameters(*this) + index_part;
  return static_cast<double>(hidden) * head_dim * ((output_gate ? 3.0 : 2.0) * heads + 2.0 * kv_heads) + index_part;
}

double ModelSpec::attention_parameters() const {
  double sum = 0;
  for (const AttentionLayers& part : attention) sum += part.layers * attention_parameters(part.kind);
  return sum / layers;
}

double ModelSpec::expert_parameters() const { return moe ? 3.0 * hidden * moe->intermediate : 0; }

double ModelSpec::shared_expert_parameters() const { return moe ? 3.0 * hidden * moe->shared_intermediate : 0; }

double ModelSpec::parameters() const {
  const double embeddings = embedding_parameters() * (tied_embeddings ? 1 : 2);
  double sum = embeddings + layers * attention_parameters() + dense_layers() * dense_ffn_parameters();
  if (moe) sum += moe_layers() * (moe->experts * (expert_parameters() + hidden) + shared_expert_parameters());
  return sum;
}

double ModelSpec::active_parameters() const {
  double sum = 2 * embedding_parameters() + layers * attention_parameters() + dense_layers() * dense_ffn_parameters();
  if (moe) sum += moe_layers() * (moe->top_k * expert_parameters() + moe->experts * hidden + shared_expert_parameters());
  return sum;
}

std::vector<double> log_avoided(int experts, int top_k, double popularity) {
  std::vector<double> shares;
  double sum = 0;
  for (int rank = 1; rank <= experts; ++rank) sum += shares.emplace_back(std::pow(rank, -popularity));
  for (double& share : shares) share = std::log1p(-std::min(1.0, top_k * share / sum));
  return shares;
}

int ModelSpec::kv_elements_per_layer() const { return latent ? latent->kv_rank + latent->rope_dim : 2 * kv_heads * head_dim; }

Bytes ModelSpec::kv_bytes_per_token(NumberFormat format) const {
  const double keeping = layers - layers_of(AttentionKind::linear);
  const double index_bytes = index ? layers_of(AttentionKind::sparse) * (index->head_dim + index_scale_bytes) : 0;
  return Bytes(keeping * kv_elements_per_layer() * bytes_per_element(format) + index_bytes);
}

Bytes ModelSpec::state_bytes_per_sequence() const {
  return Bytes(linear ? layers_of(AttentionKind::linear) * linear->state_elements() * state_element_bytes : 0);
}

}  // namespace podsim::model
