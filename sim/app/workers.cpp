#include "app/workers.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <exception>

#include "base/error.hpp"

namespace podsim::app {
namespace {

volatile std::sig_atomic_t interrupted = 0;

// SIGINT and SIGTERM only set a flag while this object lives, so that workers and unfinished files are cleaned up.
class InterruptGuard {
 public:
  InterruptGuard() {
    struct sigaction action = {};
    action.sa_handler = [](int) { interrupted = 1; };
    sigaction(SIGINT, &action, &old_int_);
    sigaction(SIGTERM, &action, &old_term_);
  }
  ~InterruptGuard() { restore(); }
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;
  void restore() {
    sigaction(SIGINT, &old_int_, nullptr);
    sigaction(SIGTERM, &old_term_, nullptr);
  }

 private:
  struct sigaction old_int_ = {};
  struct sigaction old_term_ = {};
};

struct Worker {
  int task;
  pid_t process;
  int pipe;
  std::string received;
};

void write_all(int file, const std::string& text) {
  for (std::size_t at = 0; at < text.size();) {
    const ssize_t n = write(file, text.data() + at, text.size() - at);
    if (n < 0 && errno != EINTR) return;
    if (n > 0) at += static_cast<std::size_t>(n);
  }
}

// In the child: the first byte sent is the status, the rest output or error.
[[noreturn]] void work(const std::function<std::string(int)>& task, int index, int pipe) {
  std::string reply;
  try {
    reply = "0" + task(index);
  } catch (const InputError& error) {
    reply = "2" + std::string(error.what());
  } catch (const std::exception& error) {
    reply = "1" + std::string(error.what());
  }
  write_all(pipe, reply);
  _exit(0);
}

Worker start(const std::function<std::string(int)>& task, int index, InterruptGuard& guard) {
  int ends[2];
  if (::pipe(ends) != 0) throw RunError(fmt::format("cannot start a worker: {}", std::strerror(errno)));
  fflush(nullptr);
  const pid_t parent = getpid();
  const pid_t process = fork();
  if (process < 0) throw RunError(fmt::format("cannot start a worker: {}", std::strerror(errno)));
  if (process == 0) {
    guard.restore();
    signal(SIGINT, SIG_IGN);  // the terminal sends it to everyone; the parent decides
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(1);
    close(ends[0]);
    work(task, index, ends[1]);
  }
  close(ends[1]);
  return {index, process, ends[0], {}};
}

TaskResult reap(const Worker& worker) {
  close(worker.pipe);
  int status = 0;
  while (waitpid(worker.process, &status, 0) < 0 && errno == EINTR) {
  }
  TaskResult result;
  if (worker.received.empty() || !WIFEXITED(status)) {
    result.status = 1;
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU) result.error = "takes more computing time than a worker may use";
    else
      result.error = WIFSIGNALED(status)
                         ? fmt::format("the worker was ended by signal {} ({})", WTERMSIG(status), strsignal(WTERMSIG(status)))
                         : "the worker ended without a result";
    return result;
  }
  result.status = worker.received[0] - '0';
  (result.status == 0 ? result.output : result.error) = worker.received.substr(1);
  return result;
}

// True at the end of the pipe.
bool receive(Worker& worker) {
  char buffer[65536];
  const ssize_t n = read(worker.pipe, buffer, sizeof buffer);
  if (n > 0) worker.received.append(buffer, static_cast<std::size_t>(n));
  return n == 0 || (n < 0 && errno != EINTR);
}

void stop_all(std::vector<Worker>& workers) {
  for (const Worker& worker : workers) kill(worker.process, SIGKILL);
  for (const Worker& worker : workers) reap(worker);
  workers.clear();
}

}  // namespace

void limit_computing_time(int seconds) {
  const auto limit = static_cast<rlim_t>(seconds);
  const rlimit limits = {limit, limit + 1};
  setrlimit(RLIMIT_CPU, &limits);
}

std::vector<TaskResult> run_in_workers(int count, int jobs, const std::function<std::string(int)>& task,
                                       const std::function<void(int)>& finished) {
  InterruptGuard guard;
  std::vector<TaskResult> results(static_cast<std::size_t>(count));
  std::vector<Worker> workers;
  for (int next = 0; next < count || !workers.empty();) {
    while (next < count && static_cast<int>(workers.size()) < jobs) workers.push_back(start(task, next++, guard));
    std::vector<pollfd> polls;
    for (const Worker& worker : workers) polls.push_back({worker.pipe, POLLIN, 0});
    if (poll(polls.data(), polls.size(), -1) < 0 && errno != EINTR) throw RunError("waiting for workers failed");
    if (interrupted) {
      stop_all(workers);
      throw RunError("interrupted; nothing was written");
    }
    for (std::size_t i = workers.size(); i-- > 0;) {
      if (polls[i].revents == 0 || !receive(workers[i])) continue;
      const int index = workers[i].task;
      results[static_cast<std::size_t>(index)] = reap(workers[i]);
      workers.erase(workers.begin() + static_cast<std::ptrdiff_t>(i));
      finished(index);
    }
  }
  return results;
}

}  // namespace podsim::app
