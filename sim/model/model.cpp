#include "model/model.hpp"

namespace podsim::model {

double ModelSpec::attention_parameters() const {
  const double h = hidden;
  if (!latent) return h * head_dim * (2.0 * heads + 2.0 * kv_heads);
  const LatentAttention& a = *latent;
  const double query_width = static_cast<double>(heads) * (a.nope_dim + a.rope_dim);
  const double query = a.q_rank > 0 ? h * a.q_rank + a.q_rank * query_width : h * query_width;
  const double latent_in = h * (a.kv_rank + a.rope_dim);
  const double latent_out = static_cast<double>(a.kv_rank) * heads * (a.nope_dim + a.v_dim);
  return query + latent_in + latent_out + static_cast<double>(heads) * a.v_dim * h;
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

int ModelSpec::kv_elements_per_layer() const { return latent ? latent->kv_rank + latent->rope_dim : 2 * kv_heads * head_dim; }

Bytes ModelSpec::kv_bytes_per_token(NumberFormat format) const {
  return Bytes(static_cast<double>(layers) * kv_elements_per_layer() * bytes_per_element(format));
}

}  // namespace podsim::model
