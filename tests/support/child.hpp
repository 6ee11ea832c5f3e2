// Runs a piece of a test in a child process, so that one test can simulate more than once.
#pragma once

#include <functional>
#include <string>

namespace test {

// What `work` returns. Throws what it threw: InputError, RunError or std::runtime_error with the message.
std::string in_child(const std::function<std::string()>& work);

// The same for one number, exact.
double number_in_child(const std::function<double()>& work);

}  // namespace test
