// What an action that must fail says.
#pragma once

#include <exception>
#include <string>

namespace test {

// The message of the exception of type E that `action` throws; "" when it throws none. Others pass through.
template <class E, class Action>
std::string message_of(Action action) {
  try {
    action();
  } catch (const E& error) {
    return error.what();
  }
  return "";
}

}  // namespace test
