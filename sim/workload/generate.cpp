#include "workload/generate.hpp"

#include <algorithm>
#include <boost/random/discrete_distribution.hpp>
#include <queue>
#include <stdexcept>

#include "workload/prompt_blocks.hpp"

namespace podsim::workload {
namespace {

// What a session has said so far; also of a request by itself, which is a session of one turn.
struct Conversation {
  std::uint32_t number = 0;  // of the session in the workload
  std::uint32_t group = 0;
  std::int64_t said = 0;  // tokens of prompts and answers, without the shared prefix
  std::int64_t turns_left = 0;
};

struct Event {
  Seconds time;
  std::uint64_t order = 0;  // of two at the same time, the one that was drawn first
  std::uint32_t client = 0;
  bool arrival = true;  // of a new session; else a further turn of `conversation`
  Conversation conversation;

  friend bool operator>(const Event& a, const Event& b) { return a.time != b.time ? a.time > b.time : a.order > b.order; }
};

struct Streams {
  Streams(const Client& client, std::uint64_t seed)
      : arrivals(named("arrivals", client, seed)),
        inputs(named("input lengths", client, seed)),
        outputs(named("output lengths", client, seed)),
        sessions(named("sessions", client, seed)) {}

  static RandomEngine named(const std::string& what, const Client& client, std::uint64_t seed) {
    return random_stream(seed, client.name.empty() ? what : what + " of " + client.name);
  }

  RandomEngine arrivals, inputs, outputs, sessions;
};

class Generator {
 public:
  Generator(std::vector<Client>& clients, int block_tokens, std::uint64_t seed) : clients_(clients), seed_(seed) {
    const bool shares = std::any_of(clients.begin(), clients.end(), [](const Client& c) { return c.sessions || c.prefix; });
    workload_.block_tokens = shares ? block_tokens : 0;
    for (std::size_t c = 0; c < clients.size(); ++c) {
      Client& client = clients[c];
      streams_.emplace_back(client, seed);
      groups_.push_back(client.prefix ? Groups(client.prefix->weights.begin(), client.prefix->weights.end()) : Groups());
      owners_.push_back(client.prefix ? random_stream(seed, "shared prefix of " + client.prefix->owner)() : 0);
      if (!client.name.empty()) {
        workload_.clients.push_back(client.name);
        workload_.models.push_back(client.model);
        workload_.classes.push_back(client.standing);
      }
      const double wait = client.first_at_once ? 0 : client.gaps(streams_[c].arrivals);
      schedule({client.rate.after(Seconds(0), wait), 0, static_cast<std::uint32_t>(c), true, {}});
    }
  }

  Workload run(const Extent& extent) {
    if (extent.requests < 100'000'000) workload_.requests.reserve(extent.requests);
    while (workload_.requests.size() < extent.requests && events_.top().time <= extent.until) {
      Event event = events_.top();
      events_.pop();
      if (event.arrival) open(event);
      ask(event);
    }
    return std::move(workload_);
  }

 private:
  using Groups = boost::random::discrete_distribution<std::uint32_t>;

  void schedule(Event event) {
    event.order = drawn_++;
    events_.push(event);
  }

  // A session begins, and the next one of its client is drawn.
  void open(Event& event) {
    Client& client = clients_[event.client];
    Streams& streams = streams_[event.client];
    schedule({client.rate.after(event.time, client.gaps(streams.arrivals)), 0, event.client, true, {}});
    event.conversation.number = sessions_++;
    if (client.prefix) event.conversation.group = groups_[event.client](streams.sessions);
    event.conversation.turns_left = client.sessions ? client.sessions->turns(streams.sessions) : 1;
  }

  // A turn: its request, and when the next turn follows.
  void ask(Event& event) {
    Client& client = clients_[event.client];
    Streams& streams = streams_[event.client];
    Conversation& talk = event.conversation;
    const std::int64_t shared = client.prefix ? client.prefix->tokens : 0;
    const std::int64_t prompt = shared + talk.said + client.input(streams.inputs);
    if (talk.said > 0 && prompt > client.sessions->max_prompt) return;
    Request request{event.time, prompt, client.output(streams.outputs)};
    request.client = event.client;
    request.session = talk.number;
    if (workload_.block_tokens > 0) add_blocks(request, talk, shared);
    workload_.requests.push_back(request);
    if (--talk.turns_left == 0) return;
    talk.said = prompt - shared + request.output;
    event.arrival = false;
    event.time += client.sessions->gap(streams.sessions);
    schedule(event);
  }

  void add_blocks(Request& request, const Conversation& talk, std::int64_t shared) {
    std::vector<std::uint64_t>& hashes = workload_.block_hashes;
    request.first_block = static_cast<std::uint32_t>(hashes.size());
    request.blocks = static_cast<std::uint32_t>(block_count(request.input, workload_.block_tokens));
    if (hashes.size() + request.blocks > UINT32_MAX) throw std::length_error("more than 4 billion block hashes");
    append_blocks({mix(owners_[request.client], talk.group), shared, mix(mix(seed_, 0), talk.number), request.input},
                  workload_.block_tokens, hashes);
  }

  std::vector<Client>& clients_;
  std::uint64_t seed_;
  std::vector<Streams> streams_;
  std::vector<Groups> groups_;
  std::vector<std::uint64_t> owners_;  // of shared prefixes, by client
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  std::uint64_t drawn_ = 0;
  std::uint32_t sessions_ = 0;
  Workload workload_;
};

}  // namespace

Workload generate(std::vector<Client>& clients, const Extent& extent, int block_tokens, std::uint64_t seed) {
  return Generator(clients, block_tokens, seed).run(extent);
}

}  // namespace podsim::workload
