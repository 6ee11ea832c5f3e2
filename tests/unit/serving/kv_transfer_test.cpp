// Who sends which part of a KV cache to whom between pools of unlike parallelism.
#include "serving/kv_transfer.hpp"

#include <map>
#include <set>

#include "support/models.hpp"

using namespace podsim;
using model::ParallelSpec;
using serving::kv_flows;
using serving::KvFlow;
using test::deepseek_r1;
using test::llama_70b;

namespace {

// What each receiver gets, in shares of the whole cache.
std::map<int, double> received(const std::vector<KvFlow>& flows) {
  std::map<int, double> shares;
  for (const KvFlow& flow : flows) shares[flow.to] += flow.share;
  return shares;
}

std::map<int, double> sent(const std::vector<KvFlow>& flows) {
  std::map<int, double> shares;
  for (const KvFlow& flow : flows) shares[flow.from] += flow.share;
  return shares;
}

double total(const std::vector<KvFlow>& flows) {
  double sum = 0;
  for (const KvFlow& flow : flows) sum += flow.share;
  return sum;
}

}  // namespace

TEST_CASE("While no endpoint holds a copy of another's part, the shares of a cache sum to one") {
  const auto layout = [](int tensor, int pipeline) { return ParallelSpec{.tensor = tensor, .pipeline = pipeline}; };
  const int from_tensor = GENERATE(1, 2, 4, 8), to_tensor = GENERATE(1, 2, 4, 8);
  const int from_pipeline = GENERATE(1, 2, 3), to_pipeline = GENERATE(1, 4, 5);
  const auto flows = kv_flows(llama_70b(), layout(from_tensor, from_pipeline), layout(to_tensor, to_pipeline), 0);
  CHECK(total(flows) == Approx(1));
  CHECK(sent(flows).size() == static_cast<std::size_t>(from_tensor * from_pipeline));
  // 80 layers split evenly over 4 and 5 stages, 8 heads over any of these: every receiver gets the same.
  for (const auto& [receiver, share] : received(flows)) CHECK(share == Approx(1.0 / (to_tensor * to_pipeline)));
}

TEST_CASE("TP8 to TP4: every receiver pulls its two heads from two senders") {
  const auto flows = kv_flows(llama_70b(), {.tensor = 8}, {.tensor = 4}, 0);
  REQUIRE(flows.size() == 8);
  for (const KvFlow& flow : flows) {
    CHECK(flow.to == flow.from / 2);
    CHECK(flow.share == Approx(1.0 / 8));
  }
}

TEST_CASE("TP4 to TP8: every sender serves two receivers with a head each") {
  const auto flows = kv_flows(llama_70b(), {.tensor = 4}, {.tensor = 8}, 0);
  REQUIRE(flows.size() == 8);
  for (const KvFlow& flow : flows) {
    CHECK(flow.from == flow.to / 2);
    CHECK(flow.share == Approx(1.0 / 8));
  }
}

TEST_CASE("Equal layouts: each endpoint sends its part to its like, in one flow") {
  const auto flows = kv_flows(llama_70b(), {.tensor = 4, .pipeline = 2}, {.tensor = 4, .pipeline = 2}, 5);
  REQUIRE(flows.size() == 8);
  for (const KvFlow& flow : flows) CHECK(flow.from == flow.to);
}

TEST_CASE("More senders than heads: of two copies one sends, in turn") {
  const auto even = kv_flows(llama_70b(), {.tensor = 16}, {.tensor = 8}, 0), odd = kv_flows(llama_70b(), {.tensor = 16}, {.tensor = 8}, 1);
  REQUIRE(even.size() == 8);
  REQUIRE(odd.size() == 8);
  CHECK(total(even) == Approx(1));
  for (std::size_t i = 0; i < even.size(); ++i) {
    CHECK(even[i].from / 2 == even[i].to);  // both copies of the receiver's head
    CHECK(odd[i].from / 2 == odd[i].to);
    CHECK(even[i].from != odd[i].from);
  }
}

TEST_CASE("More receivers than heads: each gets a whole head, so the cache is sent twice") {
  const auto flows = kv_flows(llama_70b(), {.tensor = 8}, {.tensor = 16}, 0);
  CHECK(total(flows) == Approx(2));
  for (const auto& [receiver, share] : received(flows)) CHECK(share == Approx(1.0 / 8));
  CHECK(received(flows).size() == 16);
}

TEST_CASE("Endpoints that split sequences hold heads like those that split tensors") {
  const auto flows = kv_flows(llama_70b(), {.tensor = 2, .sequence = 4}, {.tensor = 8}, 0);
  REQUIRE(flows.size() == 8);
  for (const KvFlow& flow : flows) CHECK(flow.from == flow.to);
}

TEST_CASE("Heads that do not divide are still sent once each") {
  auto model = llama_70b();
  model.kv_heads = 6;
  const auto flows = kv_flows(model, {.tensor = 4}, {.tensor = 1}, 0);
  CHECK(total(flows) == Approx(1));
  CHECK(sent(flows).size() == 4);
  CHECK(total(kv_flows(model, {.tensor = 1}, {.tensor = 4}, 0)) == Approx(1));
}

TEST_CASE("Pipeline stages that do not line up send the layers they share") {
  // 61 layers over 2 stages are 30 and 31, over 3 stages 20, 20 and 21.
  const auto flows = kv_flows(deepseek_r1(), {.pipeline = 2}, {.pipeline = 3}, 0);
  std::map<std::pair<int, int>, double> layers;
  for (const KvFlow& flow : flows) layers[{flow.from, flow.to}] = flow.share * 61;
  CHECK(layers.size() == 4);
  CHECK(layers[{0, 0}] == Approx(20));
  CHECK(layers[{0, 1}] == Approx(10));
  CHECK(layers[{1, 1}] == Approx(10));
  CHECK(layers[{1, 2}] == Approx(21));
}

TEST_CASE("MLA's latent is on every endpoint: one of them sends it whole, and the requests take turns") {
  std::set<int> senders;
  for (std::uint64_t turn = 0; turn < 32; ++turn) {
    const auto flows = kv_flows(deepseek_r1(), {.sequence = 32}, {}, turn);
    REQUIRE(flows.size() == 1);
    CHECK(flows[0].to == 0);
    CHECK(flows[0].share == 1);
    senders.insert(flows[0].from);
  }
  CHECK(senders.size() == 32);
  CHECK(kv_flows(deepseek_r1(), {.sequence = 32}, {}, 32)[0].from == kv_flows(deepseek_r1(), {.sequence = 32}, {}, 0)[0].from);
}

TEST_CASE("Who sends repeats after as many turns as are told, and not before") {
  const auto senders = [](const model::ModelSpec& model, const ParallelSpec& from, std::uint64_t turn) {
    std::vector<int> ranks;
    for (const KvFlow& flow : kv_flows(model, from, {.tensor = 2}, turn)) ranks.push_back(flow.from);
    return ranks;
  };
  const auto check = [&](const model::ModelSpec& model, const ParallelSpec& from, std::uint64_t turns) {
    REQUIRE(serving::kv_turns(model, from) == turns);
    for (std::uint64_t turn = 0; turn < turns; ++turn) {
      CHECK(senders(model, from, turn) == senders(model, from, turn + turns));
      if (turn > 0) CHECK(senders(model, from, turn) != senders(model, from, 0));
    }
  };
  check(deepseek_r1(), {.sequence = 32}, 32);
  check(llama_70b(), {.tensor = 16}, 2);  // of eight heads
  check(llama_70b(), {.tensor = 4}, 1);
}

TEST_CASE("A tensor group that receives MLA's latent pulls it whole to each endpoint, from different senders") {
  const auto flows = kv_flows(deepseek_r1(), {.tensor = 8}, {.tensor = 4}, 3);
  CHECK(received(flows) == std::map<int, double>{{0, 1}, {1, 1}, {2, 1}, {3, 1}});
  CHECK(sent(flows).size() == 4);
}
