#include "workload/client.hpp"

#include <algorithm>
#include <cmath>

namespace podsim::workload {
namespace {

Sessions read_sessions(config::Node node) {
  Sessions sessions;
  sessions.turns = read_counts(node.at("turns"), "turns");
  sessions.gap = read_times(node.at("gap"));
  sessions.max_prompt = node.get_within<std::int64_t>("max_prompt", 1, longest, longest);
  node.done();
  return sessions;
}

SharedPrefix read_prefix(config::Node node, const std::string& owner) {
  SharedPrefix prefix;
  prefix.tokens = node.get_within<std::int64_t>("tokens", 1, longest);
  const auto groups = node.get_within("groups", 1, 1 << 24, 1);
  const double skew = node.get_within("skew", 0.0, 10.0, 0.0);
  node.done();
  for (int g = 1; g <= groups; ++g) prefix.weights.push_back(std::pow(g, -skew));
  prefix.owner = owner;
  return prefix;
}

// What the client says of itself, else what the workload says of all.
struct Keys {
  config::Node& own;
  config::Node& all;

  config::Node& holder(const char* key) const { return own.has(key) ? own : all; }
  config::Node at(const char* key) const { return holder(key).at(key); }
};

Client read_prompts_of(const Keys& keys, const std::string& name) {
  Client client;
  client.name = name;
  client.input = read_counts(keys.at("input"), "tokens");
  client.output = read_counts(keys.at("output"), "tokens");
  if (const auto sessions = keys.holder("sessions").find("sessions")) client.sessions = read_sessions(*sessions);
  config::Node& prefix_holder = keys.holder("shared_prefix");
  if (const auto prefix = prefix_holder.find("shared_prefix"))
    client.prefix = read_prefix(*prefix, prefix_holder.has("clients") ? "" : name);
  return client;
}

Gaps read_gaps_of_mix(config::Node& arrivals) {
  if (is_batch(arrivals)) arrivals.fail("process", "clients that arrive all at once leave no share for others");
  return read_gaps(arrivals);
}

}  // namespace

Client read_prompts(config::Node& workload) { return read_prompts_of({workload, workload}, ""); }

namespace {

Client read_only_client(config::Node& workload) {
  config::Node arrivals = workload.at("arrivals");
  Client client = read_prompts(workload);
  client.first_at_once = true;
  client.gaps = read_gaps(arrivals);
  if (!is_batch(arrivals)) client.rate = read_rate(arrivals);
  arrivals.done();
  return client;
}

}  // namespace

std::vector<Client> read_clients(config::Node& workload) {
  if (!workload.has("clients")) return {read_only_client(workload)};
  config::Node arrivals = workload.at("arrivals");
  const Rate rate = read_rate(arrivals);
  config::Node nodes = workload.at("clients");
  std::vector<Client> clients;
  std::vector<double> shares;
  double all = 0;
  for (auto& [name, node] : nodes.entries()) {
    Client client = read_prompts_of({node, workload}, name);
    shares.push_back(node.get_within("share", 1e-9, 1e9));
    all += shares.back();
    client.standing.priority = node.get_within("priority", -1000, 1000, 0);
    if (auto level = node.find("slo")) {
      client.standing.ttft = level->get_within<Seconds>("ttft", Seconds(1e-6), Seconds(1e9));
      client.standing.tpot = level->get_within<Seconds>("tpot", Seconds(1e-6), Seconds(1e9));
      level->done();
    }
    client.model = node.get<std::string>("model", "");
    if (auto own = node.find("arrivals")) {
      client.gaps = read_gaps_of_mix(*own);
      own->done();
    } else {
      client.gaps = read_gaps_of_mix(arrivals);
    }
    node.done();
    clients.push_back(std::move(client));
  }
  if (clients.empty()) nodes.fail("names no client");
  // Every client may say for itself what stands beside `clients`.
  for (const char* key : {"input", "output", "sessions", "shared_prefix"}) workload.find(key);
  for (const char* key : {"process", "cv", "shape"}) arrivals.find(key);
  arrivals.done();
  for (std::size_t i = 0; i < clients.size(); ++i) clients[i].rate = rate.scaled(shares[i] / all);
  return clients;
}

}  // namespace podsim::workload
