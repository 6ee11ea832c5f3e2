// Collectives as data: the bytes of each, and proof by execution that every rank ends with what it should.
#include "collective/schedule.hpp"

using namespace podsim;
using collective::Schedule;
using collective::Step;

namespace {

// What each rank sends and receives over a whole schedule.
struct Volume {
  std::vector<double> sent, received;
};
Volume volume(const Schedule& schedule, int ranks) {
  Volume volume = {std::vector<double>(static_cast<std::size_t>(ranks)), std::vector<double>(static_cast<std::size_t>(ranks))};
  for (const Step& step : schedule) {
    for (const auto& flow : step.flows) {
      volume.sent[static_cast<std::size_t>(flow.from)] += flow.bytes.value() * step.repeat;
      volume.received[static_cast<std::size_t>(flow.to)] += flow.bytes.value() * step.repeat;
    }
  }
  return volume;
}

void check_every_rank_moves(const Schedule& schedule, int ranks, double bytes) {
  const Volume moved = volume(schedule, ranks);
  for (const double sent : moved.sent) CHECK(sent == Approx(bytes).epsilon(1e-12));
  for (const double received : moved.received) CHECK(received == Approx(bytes).epsilon(1e-12));
}

// state[rank][chunk][origin]: how often the contribution of `origin` is in what `rank` holds of `chunk`.
using State = std::vector<std::vector<std::vector<int>>>;

// What arrives either adds to what is held or replaces it.
enum class Arrival { adds, replaces };

// Runs the steps `first` to `last` of a ring schedule, counted over repeats: in step s, rank r sends chunk (r + shift - s) mod n.
// Each flow must be one chunk.
void run_ring(State& state, const Schedule& schedule, int first, int last, int shift, Bytes chunk_bytes, Arrival arrival) {
  const int n = static_cast<int>(state.size());
  int step_number = 0;
  for (const Step& step : schedule) {
    for (int repeat = 0; repeat < step.repeat; ++repeat, ++step_number) {
      if (step_number < first || step_number >= last) continue;
      const State before = state;  // all flows of a step start together
      for (const auto& flow : step.flows) {
        REQUIRE(flow.bytes == chunk_bytes);
        const auto chunk = static_cast<std::size_t>(((flow.from + shift - (step_number - first)) % n + n) % n);
        const auto& arriving = before[static_cast<std::size_t>(flow.from)][chunk];
        auto& held = state[static_cast<std::size_t>(flow.to)][chunk];
        for (std::size_t origin = 0; origin < held.size(); ++origin) {
          held[origin] = arriving[origin] + (arrival == Arrival::adds ? held[origin] : 0);
        }
      }
    }
  }
}

int steps_of(const Schedule& schedule) {
  int steps = 0;
  for (const Step& step : schedule) steps += step.repeat;
  return steps;
}

// Each rank holds its own contribution to every chunk.
State own_vectors(std::size_t n) {
  State state(n, std::vector<std::vector<int>>(n, std::vector<int>(n)));
  for (std::size_t rank = 0; rank < n; ++rank) {
    for (std::size_t chunk = 0; chunk < n; ++chunk) state[rank][chunk][rank] = 1;
  }
  return state;
}

std::vector<int> all_once(std::size_t n) { return std::vector<int>(n, 1); }

}  // namespace

TEST_CASE("A ring all-reduce sends 2(n-1)/n of the vector") {
  const int n = GENERATE(2, 3, 8, 17);
  check_every_rank_moves(collective::ring_all_reduce(n, Bytes(1000)), n, 2.0 * (n - 1) / n * 1000);
}

TEST_CASE("A ring reduce-scatter sends (n-1)/n of the vector") {
  const int n = GENERATE(2, 3, 8, 17);
  check_every_rank_moves(collective::ring_reduce_scatter(n, Bytes(1000)), n, (n - 1.0) / n * 1000);
}

TEST_CASE("A ring all-gather sends n-1 pieces") {
  const int n = GENERATE(2, 3, 8, 17);
  check_every_rank_moves(collective::ring_all_gather(n, Bytes(1000)), n, (n - 1) * 1000.0);
}

TEST_CASE("An all-to-all sends (n-1)/n of what a rank holds, in one step") {
  const int n = GENERATE(2, 3, 8, 17);
  const Schedule schedule = collective::all_to_all(n, Bytes(1000));
  check_every_rank_moves(schedule, n, (n - 1.0) / n * 1000);
  CHECK(steps_of(schedule) == 1);
}

TEST_CASE("One rank has nothing to send") {
  const int n = GENERATE(0, 1);
  CHECK(collective::ring_all_reduce(n, Bytes(8)).empty());
  CHECK(collective::ring_reduce_scatter(n, Bytes(8)).empty());
  CHECK(collective::ring_all_gather(n, Bytes(8)).empty());
  CHECK(collective::all_to_all(n, Bytes(8)).empty());
}

TEST_CASE("After a ring reduce-scatter each rank holds one chunk to which every rank has contributed once") {
  const int n = GENERATE(2, 3, 4, 7);
  const auto size = static_cast<std::size_t>(n);
  State state = own_vectors(size);
  const Schedule schedule = collective::ring_reduce_scatter(n, Bytes(60.0 * n));
  run_ring(state, schedule, 0, steps_of(schedule), 0, Bytes(60), Arrival::adds);
  for (std::size_t rank = 0; rank < size; ++rank) {
    for (std::size_t chunk = 0; chunk < size; ++chunk) {
      CHECK((state[rank][chunk] == all_once(size)) == (chunk == (rank + 1) % size));
    }
  }
}

TEST_CASE("After a ring all-reduce every rank holds every chunk with every contribution once") {
  const int n = GENERATE(2, 3, 4, 7);
  const auto size = static_cast<std::size_t>(n);
  State state = own_vectors(size);
  const Schedule schedule = collective::ring_all_reduce(n, Bytes(60.0 * n));
  const int steps = steps_of(schedule);
  run_ring(state, schedule, 0, n - 1, 0, Bytes(60), Arrival::adds);
  run_ring(state, schedule, n - 1, steps, 1, Bytes(60), Arrival::replaces);  // rank r starts with the chunk r + 1 that it has reduced
  for (const auto& chunks : state) {
    for (const auto& chunk : chunks) CHECK(chunk == all_once(size));
  }
}

TEST_CASE("After a ring all-gather every rank holds the piece of every rank") {
  const int n = GENERATE(2, 3, 4, 7);
  const auto size = static_cast<std::size_t>(n);
  State state(size, std::vector<std::vector<int>>(size, std::vector<int>(size)));
  for (std::size_t rank = 0; rank < size; ++rank) state[rank][rank][rank] = 1;  // chunk c is the piece of rank c
  const Schedule schedule = collective::ring_all_gather(n, Bytes(60));
  run_ring(state, schedule, 0, steps_of(schedule), 0, Bytes(60), Arrival::replaces);
  for (const auto& pieces : state) {
    for (std::size_t owner = 0; owner < size; ++owner) {
      std::vector<int> from_owner(size);
      from_owner[owner] = 1;
      CHECK(pieces[owner] == from_owner);
    }
  }
}

TEST_CASE("After an all-to-all every rank holds exactly one piece of every rank, the one meant for it") {
  const int n = GENERATE(2, 3, 4, 7);
  const auto size = static_cast<std::size_t>(n);
  // pieces[rank][origin]: how many pieces of `origin` the rank has got; its own stays where it is.
  std::vector<std::vector<int>> pieces(size, std::vector<int>(size));
  for (std::size_t rank = 0; rank < size; ++rank) pieces[rank][rank] = 1;
  for (const Step& step : collective::all_to_all(n, Bytes(60.0 * n))) {
    for (const auto& flow : step.flows) {
      REQUIRE(flow.bytes == Bytes(60));
      pieces[static_cast<std::size_t>(flow.to)][static_cast<std::size_t>(flow.from)] += step.repeat;
    }
  }
  for (const auto& held : pieces) CHECK(held == all_once(size));
}
