// What an engine profile does to the time of a step: overlap, host work, graphs, kernels of its own.
#include "engine/step_cost.hpp"
#include "support/models.hpp"
#include "support/scenarios.hpp"

using namespace podsim;

namespace {

const std::string tiny_moe =
    "{model_type: qwen3_moe, hidden_size: 2048, num_hidden_layers: 16, num_attention_heads: 16, num_key_value_heads: 4, head_dim: 128, "
    "intermediate_size: 4096, moe_intermediate_size: 1024, num_experts: 32, num_experts_per_tok: 4, vocab_size: 32000, "
    "max_position_embeddings: 32768}";

// One instance of a model on a node of eight chips, its experts spread over all of them.
struct Instance {
  explicit Instance(const std::string& formats = "weights: bf16", const std::string& spread = "tensor: 1, data: 8, expert: 8") {
    test::Yaml yaml(fmt::format(
        "cluster: hgx-h100\nmodel: {}\npue: 1.2\ndeployment: {{formats: {{{}}}, kv_block_tokens: 16, colocated: {{instances: 1, parallel: "
        "{{{}}}, max_sequences: 512, token_budget: 8192, engine: {{use: trtllm}}, expert: {{library: nvlink-one-sided, planes: [nvlink]}}, "
        "tensor: {{library: trtllm-allreduce, planes: [nvlink]}}}}}}\n",
        tiny_moe, formats, spread));
    scenario.emplace(app::read_system("test", yaml.root(), 1));
    engine().step_overhead = engine().sequence_overhead = engine().host_call = engine().prompt_overhead = Seconds(0);
  }

  serving::EngineProfile& engine() { return scenario->services.front().deployment.pools[0].engine; }
  topology::Topology& server() { return scenario->cluster.parts.front().topology; }
  const topology::Topology& server() const { return scenario->cluster.parts.front().topology; }
  engine::StepCost cost() const {
    const serving::Pool& pool = scenario->services.front().deployment.pools[0];
    topology::Router routes(server(), scenario->seed);
    return {server().chip, scenario->services.front().model, pool.formats, pool,
            engine::InstanceNetwork(routes, pool, scenario->services.front().model, engine::place(*scenario).front().endpoints)};
  }
  Seconds decode(double sequences, double context = 1000) const {
    engine::LoadClass load{{}, 8};
    load.load.decode_sequences = sequences;
    load.load.decode_context = sequences * context;
    return cost().step({&load, 1}).total;
  }
  Seconds prefill(double tokens) const {
    engine::LoadClass load{
        {.prefill_sequences = 1, .prefill_tokens = tokens, .prefill_pairs = tokens * (tokens + 1) / 2, .prefill_context = tokens}, 8};
    return cost().step({&load, 1}).total;
  }

  std::optional<engine::Scenario> scenario;
};

}  // namespace

TEST_CASE("Host work adds to the device's when serial, and the longer of the two counts when overlapped") {
  Instance instance;
  instance.engine().host = serving::Host::serial;
  const double device = instance.decode(64).value();
  instance.engine().sequence_overhead = Seconds(1e-6);
  CHECK(instance.decode(64).value() == Approx(device + 64e-6));
  instance.engine().host = serving::Host::overlapped;
  CHECK(instance.decode(64).value() == Approx(device));
  instance.engine().sequence_overhead = Seconds(1);
  CHECK(instance.decode(64).value() == Approx(64));
}

TEST_CASE("Decode runs as the next batch size with a graph, and is called kernel by kernel above the largest") {
  Instance instance;
  const Seconds exact[] = {instance.decode(5), instance.decode(8)};
  instance.engine().graph_sizes = {1, 8, 16};
  CHECK(instance.decode(8) == exact[1]);
  // All but the attention cores is that of 8 sequences.
  CHECK(instance.decode(5) > exact[0]);
  CHECK(instance.decode(5) < exact[1]);
  instance.engine().host_call = Seconds(1e-3);
  CHECK(instance.decode(16) < Seconds(0.1));
  CHECK(instance.decode(17) > Seconds(16 * 20 * 1e-3));  // 16 layers of more than 20 calls
}

// The mean of the largest of n standard normal values, from tables: 0.5642, 1.0294, 1.4236 for 2, 4 and 8.
TEST_CASE("Every all-reduce of a tensor group waits for the last of its ranks, the longer the more there are") {
  const auto [ranks, expected] = GENERATE(std::pair{2, 0.5642}, std::pair{4, 1.0294}, std::pair{8, 1.4236});
  Instance instance("weights: bf16", fmt::format("tensor: {}, expert_exchange: all_reduce", ranks));
  instance.engine().rank_jitter = Seconds(0);
  const double in_step = instance.decode(32).value();
  instance.engine().rank_jitter = Seconds(10e-6);
  CHECK(instance.decode(32).value() - in_step == Approx(2 * 16 * 10e-6 * expected).epsilon(0.05));  // two a layer

  Instance alone;
  const double before = alone.decode(32).value();
  alone.engine().rank_jitter = Seconds(10e-6);
  CHECK(alone.decode(32).value() == Approx(before));
}

TEST_CASE("An engine's own routing kernels take their time in every MoE layer") {
  Instance instance;
  const double base = instance.decode(32).value();
  instance.engine().routing_overhead = Seconds(50e-6);
  CHECK(instance.decode(32).value() == Approx(base + 16 * 50e-6));
}

TEST_CASE("Micro-batches and core partitions hide one side of a step behind the other") {
  Instance instance;
  const Seconds alone = instance.prefill(8000);
  const auto with = [&](serving::Overlap kind, double efficiency, double share = 0.5) {
    instance.engine().overlap = kind;
    instance.engine().overlap_efficiency = efficiency;
    instance.engine().expert_cores = share;
    return instance.prefill(8000);
  };
  const Seconds hidden = with(serving::Overlap::two_batch, 1);
  CHECK(hidden < alone);
  CHECK(with(serving::Overlap::two_batch, 0.5) > hidden);
  CHECK(with(serving::Overlap::two_batch, 0) == alone);  // not worth while: the whole batch runs at once

  // On partitions no side is faster than on all cores, so they never beat the sum of the longer side's halves.
  const Seconds even = with(serving::Overlap::core_partitions, 1);
  CHECK(even <= alone);
  CHECK(with(serving::Overlap::core_partitions, 1, 0.02) == alone);  // experts starve: the whole batch runs at once
}

TEST_CASE("Kernels made at first use delay the first full prompts, and once more the first after decoding began") {
  Instance instance;
  instance.engine().first_use = {4096, Seconds(60), Seconds(40)};
  engine::StepCost cost = instance.cost();
  CHECK(cost.first_use(4095) == Seconds(0));
  CHECK(cost.first_use(4096) == Seconds(60));
  CHECK(cost.first_use(8192) == Seconds(0));
  CHECK(cost.first_use(0) == Seconds(0));
  CHECK(cost.first_use(100) == Seconds(0));
  CHECK(cost.first_use(8192) == Seconds(40));
  CHECK(cost.first_use(8192) == Seconds(0));
}

TEST_CASE("Steps are split from a number of tokens on, where that is said, worth while or not") {
  Instance instance;
  const Seconds whole[] = {instance.decode(8), instance.decode(16)};
  instance.engine().overlap = serving::Overlap::two_batch;
  instance.engine().overlap_efficiency = 0;  // halves hide nothing and read the weights twice
  CHECK(instance.decode(16) == whole[1]);
  instance.engine().split_from = 16;
  CHECK(instance.decode(8) == whole[0]);
  CHECK(instance.decode(16) > whole[1]);
}

TEST_CASE("Without graphs decode takes what the host needs for its calls, longer on slower processors") {
  Instance instance;
  instance.engine().graphs = false;
  instance.engine().host_call = Seconds(1e-3);
  const double reference = instance.decode(8).value();
  CHECK(reference > 16 * 20 * 1e-3);  // 16 layers of more than 20 calls
  instance.server().chip.host_speed = 0.5;
  CHECK(instance.decode(8).value() == Approx(2 * reference));
}

TEST_CASE("An engine runs the kernels of its library, or the chip's first where that is not known") {
  Instance instance;
  const auto with = [&](const char* library) {
    instance.engine().kernels = library;
    return instance.decode(64);
  };
  REQUIRE(instance.server().chip.libraries.size() == 2);
  CHECK(with("trtllm") != with("vllm"));
  CHECK(with("") == with("trtllm"));
  CHECK(with("of nobody") == with("trtllm"));
}

TEST_CASE("Slower kernels cost what arithmetic bounds, not what memory bounds") {
  Instance instance;
  hardware::ChipSpec& chip = instance.server().chip;
  chip.kernels = {};
  chip.libraries = {};
  chip.matrix_kernel_overhead = chip.vector_kernel_overhead = Seconds(0);
  const Seconds few = instance.decode(1), many = instance.prefill(8000);
  instance.engine().kernel_rate = 0.5;
  CHECK(instance.decode(1) == few);
  CHECK(instance.prefill(8000) > 1.3 * many);
}
