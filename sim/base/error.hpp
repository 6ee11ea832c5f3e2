// The two ways a run can end early: the input is wrong, or the run could not finish.
#pragma once

#include <stdexcept>

namespace podsim {

// The user's input is wrong. what() is one line: where (file:line: key), what is wrong, what is allowed. Exit status 2.
class InputError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

// The input is right but the run could not finish (disk full, folder not writable, a worker died). Exit status 1.
class RunError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace podsim
