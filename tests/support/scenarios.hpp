// A small serving system for engine tests: two H100 nodes with a tiny dense model.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/experiment.hpp"
#include "base/random.hpp"
#include "engine/simulation.hpp"
#include "support/files.hpp"

namespace test {

inline const std::string tiny_model =
    "{model_type: llama, hidden_size: 2048, num_hidden_layers: 16, num_attention_heads: 16, num_key_value_heads: 4, intermediate_size: "
    "8192, "
    "vocab_size: 32000, max_position_embeddings: 32768}";

// One pool that does both, `instances` of it.
inline std::string colocated(int instances, const std::string& more = "") {
  return fmt::format(
      "colocated: {{instances: {}, parallel: {{tensor: 2, data: 2}}, max_sequences: 64, token_budget: 1024, engine: {{use: trtllm, "
      "request_overhead: 0 s}}, "
      "tensor: {{library: nccl, planes: [nvlink]}}{}}}",
      instances, more);
}

// Separate pools of 4 endpoints each, the cache moving between nodes over InfiniBand.
inline const std::string separate =
    "kv: {library: mooncake, planes: [nvlink, ib]}, "
    "prefill: {instances: 2, parallel: {tensor: 4}, max_sequences: 64, token_budget: 4096, engine: {use: trtllm, request_overhead: 0 s}, "
    "tensor: {library: nccl, planes: "
    "[nvlink]}}, "
    "decode: {instances: 2, parallel: {tensor: 2, data: 2}, max_sequences: 32, token_budget: 64, engine: {use: trtllm, request_overhead: 0 "
    "s}, tensor: {library: nccl, "
    "planes: [nvlink]}}";

// Pools of both roles in one node: the cache moves over NVLink, as the exchanges do.
inline const std::string sharing =
    "kv: {library: mooncake, planes: [nvlink, ib]}, "
    "prefill: {instances: 2, parallel: {tensor: 2}, max_sequences: 64, token_budget: 4096, engine: {use: trtllm, request_overhead: 0 s}, "
    "tensor: {library: nccl-ring, planes: [nvlink]}}, "
    "decode: {instances: 1, parallel: {tensor: 2, data: 2}, max_sequences: 32, token_budget: 64, engine: {use: trtllm, request_overhead: 0 "
    "s}, tensor: {library: nccl-ring, planes: [nvlink]}}";

// A scenario and the workload that it points to.
struct Setup {
  podsim::engine::Scenario scenario;
  std::shared_ptr<podsim::workload::Workload> workload;
};

inline Setup setup(const std::string& deployment, std::vector<podsim::workload::Request> requests, const std::string& cluster = "hgx-h100",
                   const std::string& model = tiny_model) {
  Yaml yaml(fmt::format("cluster: {}\nmodel: {}\npue: 1.2\ndeployment: {{formats: {{weights: bf16}}, kv_block_tokens: 16, {}}}\n", cluster,
                        model, deployment));
  Setup result{podsim::app::read_system("test", yaml.root(), 1), std::make_shared<podsim::workload::Workload>()};
  result.workload->requests = std::move(requests);
  result.scenario.workload = result.workload.get();
  return result;
}

// `count` requests with lengths and gaps drawn from `seed`.
inline std::vector<podsim::workload::Request> random_requests(int count, std::uint64_t seed, double mean_gap_s) {
  std::vector<podsim::workload::Request> requests;
  double now = 0;
  for (int i = 0; i < count; ++i) {
    const auto draw = [&](std::uint64_t what) {
      return static_cast<double>(podsim::mix(podsim::mix(seed, what), static_cast<std::uint64_t>(i)) >> 11) / 9007199254740992.0;
    };
    requests.push_back(
        {podsim::Seconds(now), 1 + static_cast<std::int64_t>(draw(1) * 3000), 1 + static_cast<std::int64_t>(draw(2) * draw(2) * 800)});
    now += 2 * mean_gap_s * draw(3);
  }
  return requests;
}

}  // namespace test
