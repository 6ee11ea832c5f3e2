// Tasks in child processes, several at a time: flows start once in a process, and a task that dies takes no other along.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace podsim::app {

struct TaskResult {
  std::string output;  // what the task returned
  std::string error;   // "" when it succeeded
  int status = 0;      // 0, 1 (RunError or worse) or 2 (InputError), as exit statuses are
};

// Runs task(0) ... task(count - 1), at most `jobs` at once, and returns their results in order. `finished(i)` is called in
// this process as each ends. When interrupted (SIGINT, SIGTERM) the children are stopped and RunError is thrown.
std::vector<TaskResult> run_in_workers(int count, int jobs, const std::function<std::string(int)>& task,
                                       const std::function<void(int)>& finished);

// In a task: ends its process after so much computing time (not waiting), which its result then says.
void limit_computing_time(int seconds);

}  // namespace podsim::app
