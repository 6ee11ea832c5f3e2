// A client of a synthetic workload: how often it asks, how long its prompts and answers are, and what its prompts share.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/node.hpp"
#include "workload/arrivals.hpp"
#include "workload/distributions.hpp"

namespace podsim::workload {

// Conversations: a turn's prompt is all that was said before and some new tokens. A session arrives by the client's process; its
// later turns follow by `gap`, whether or not the answer is there (an open loop).
struct Sessions {
  CountDistribution turns;
  TimeDistribution gap;         // from the arrival of a turn to the arrival of the next
  std::int64_t max_prompt = 0;  // a session ends before a turn whose prompt would be longer
};

// Tokens that many prompts begin with, such as a system prompt; each session (or request without one) has that of one group.
struct SharedPrefix {
  std::int64_t tokens = 0;
  std::vector<double> weights;  // of the groups
  std::string owner;            // whose groups they are: "" all clients', else the client that has its own
};

struct Client {
  std::string name;   // "" for a workload of one kind
  std::string model;  // that it asks for; "": the only one
  ClientClass standing;
  Rate rate{1};  // of sessions, or of requests where there are none
  bool first_at_once = false;
  Gaps gaps;
  CountDistribution input;  // tokens that are new: beyond the shared prefix and what was said before
  CountDistribution output;
  std::optional<Sessions> sessions;
  std::optional<SharedPrefix> prefix;
};

// What the workload says of the prompts and answers of all clients, without when they come.
Client read_prompts(config::Node& workload);

// One client, or those of `clients: {name: {share, ...}}`: each has its share of `arrivals.rate`, and what it does not say of `arrivals`
// (without a rate), `input`, `output`, `sessions` and `shared_prefix` is as the workload says. `priority` (0) and `slo: {ttft, tpot}` make
// it a class of its own.
//   sessions: {turns, gap, max_prompt (100000000)}: turns in counts of `turns`, gap in times.
//   shared_prefix: {tokens, groups (1), skew (0)}: group g of the `groups` is chosen in proportion to g^-skew.
std::vector<Client> read_clients(config::Node& workload);

}  // namespace podsim::workload
