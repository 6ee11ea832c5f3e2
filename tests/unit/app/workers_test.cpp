// Tasks in child processes: order, limits, failures of every kind, and an interruption.
#include "app/workers.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <new>
#include <numeric>
#include <thread>

#include "base/error.hpp"
#include "support/child.hpp"
#include "support/messages.hpp"

using namespace podsim;
using app::run_in_workers;
using app::TaskResult;

namespace {

void sleep_ms(int ms) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); }

const auto ignore = [](int) {};

TaskResult alone(const std::function<std::string()>& task) {
  return run_in_workers(
             1, 1, [&](int) { return task(); }, ignore)
      .front();
}

// Counters that parent and children share.
struct Counters {
  std::atomic<int> now{0}, most{0};
};

}  // namespace

TEST_CASE("Results come in order of the tasks, whichever ends first") {
  std::vector<int> ended;
  const auto results = run_in_workers(
      4, 4,
      [](int i) {
        sleep_ms(40 * (3 - i));
        return fmt::format("task {}", i);
      },
      [&](int i) { ended.push_back(i); });
  REQUIRE(results.size() == 4);
  for (int i = 0; i < 4; ++i) {
    const TaskResult& result = results[static_cast<std::size_t>(i)];
    CHECK(result.output == fmt::format("task {}", i));
    CHECK(result.error.empty());
    CHECK(result.status == 0);
  }
  std::sort(ended.begin(), ended.end());
  CHECK(ended == std::vector<int>{0, 1, 2, 3});  // each told once
}

TEST_CASE("At most `jobs` tasks run at once, and as many as may") {
  void* memory = mmap(nullptr, sizeof(Counters), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  REQUIRE(memory != MAP_FAILED);
  auto* counters = new (memory) Counters;
  const int jobs = GENERATE(1, 3);
  run_in_workers(
      9, jobs,
      [&](int) {
        const int now = ++counters->now;
        for (int most = counters->most; now > most && !counters->most.compare_exchange_weak(most, now);) {
        }
        sleep_ms(60);
        --counters->now;
        return std::string();
      },
      ignore);
  CHECK(counters->most == jobs);
  CHECK(counters->now == 0);
  munmap(memory, sizeof(Counters));
}

TEST_CASE("No tasks, no results") {
  CHECK(run_in_workers(
            0, 4, [](int) { return std::string(); }, ignore)
            .empty());
}

TEST_CASE("Every task is a process of its own") {
  const auto results = run_in_workers(
      2, 1, [](int) { return fmt::format("{}", getpid()); }, ignore);
  CHECK(results[0].output != results[1].output);
  CHECK(results[0].output != fmt::format("{}", getpid()));
}

TEST_CASE("A result may be larger than a pipe holds") {
  const std::string large(3'000'000, 'x');
  CHECK(alone([&] { return large; }).output == large);
}

TEST_CASE("A wrong input is status 2, everything else that is thrown status 1, each with its message") {
  const auto input = alone([]() -> std::string { throw InputError("file:3: wrong"); });
  CHECK(input.status == 2);
  CHECK(input.error == "file:3: wrong");
  CHECK(input.output.empty());
  const auto run = alone([]() -> std::string { throw RunError("disk full"); });
  CHECK(run.status == 1);
  CHECK(run.error == "disk full");
  const auto other = alone([]() -> std::string { throw std::logic_error("oops"); });
  CHECK(other.status == 1);
  CHECK(other.error == "oops");
}

TEST_CASE("A worker that a signal ends, or that ends without a word, is an error that says so") {
  const auto killed = alone([] {
    raise(SIGKILL);
    return std::string("never");
  });
  CHECK(killed.status == 1);
  CHECK(killed.error == "the worker was ended by signal 9 (Killed)");
  const auto gone = alone([]() -> std::string { _exit(0); });
  CHECK(gone.status == 1);
  CHECK(gone.error == "the worker ended without a result");
}

TEST_CASE("A task that fails takes no other along") {
  const auto results = run_in_workers(
      3, 3,
      [](int i) {
        if (i == 0) raise(SIGKILL);
        if (i == 1) throw InputError("no");
        sleep_ms(50);
        return std::string("yes");
      },
      ignore);
  CHECK(results[0].status == 1);
  CHECK(results[1].status == 2);
  CHECK(results[2].status == 0);
  CHECK(results[2].output == "yes");
}

TEST_CASE("An interruption stops all workers and is an error") {
  const int signal = GENERATE(SIGTERM, SIGINT);
  const auto start = std::chrono::steady_clock::now();
  // In a child, because an interrupted process stays interrupted.
  const std::string message = test::in_child([&] {
    return test::message_of<RunError>([&] {
      run_in_workers(
          3, 2,
          [&](int i) {
            sleep_ms(300);  // both workers are at work
            if (i == 0) kill(getppid(), signal);
            sleep_ms(30000);
            return std::string();
          },
          ignore);
    });
  });
  CHECK(message == "interrupted; nothing was written");
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(15));
}

TEST_CASE("A task that never ends is ended by its limit and says so") {
  const auto results = app::run_in_workers(
      2, 2,
      [](int task) {
        app::limit_computing_time(1);
        for (volatile bool endless = task == 0; endless;) {
        }
        return std::string("done");
      },
      [](int) {});
  CHECK(results[0].status == 1);
  CHECK(results[0].error == "takes more computing time than a worker may use");
  CHECK(results[1].output == "done");
}
