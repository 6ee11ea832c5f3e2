// Processes in simulated time, written as coroutines: `co_await` what they wait for.
#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <utility>

namespace podsim::platform {

template <class T>
class Process;

namespace detail {

struct ProcessPromise {
  // Whoever waits for this process goes on when it ends.
  struct Leave {
    bool await_ready() noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> process) noexcept {
      return process.promise().caller;
    }
    void await_resume() noexcept {}
  };

  std::suspend_always initial_suspend() noexcept { return {}; }
  Leave final_suspend() noexcept { return {}; }
  void unhandled_exception() noexcept { failure = std::current_exception(); }

  std::coroutine_handle<> caller = std::noop_coroutine();
  std::exception_ptr failure;
};

template <class T>
struct Promise : ProcessPromise {
  Process<T> get_return_object();
  void return_value(T value) { result = std::move(value); }
  T take() { return std::move(*result); }

  std::optional<T> result;
};

template <>
struct Promise<void> : ProcessPromise {
  Process<void> get_return_object();
  void return_void() {}
  void take() {}
};

}  // namespace detail

// Begins when it is awaited, or when a Simulation that has spawned it runs; ends with a T, or with the exception that it threw.
// Destroying it ends it where it waits.
template <class T = void>
class [[nodiscard]] Process {
 public:
  using promise_type = detail::Promise<T>;

  explicit Process(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
  Process(Process&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  Process& operator=(Process&&) = delete;
  ~Process() {
    if (handle_) handle_.destroy();
  }

  bool await_ready() const { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> caller) {
    handle_.promise().caller = caller;
    return handle_;
  }
  T await_resume() { return result(); }

  void resume() { handle_.resume(); }
  bool done() const { return handle_.done(); }
  T result() {
    if (handle_.promise().failure) std::rethrow_exception(handle_.promise().failure);
    return handle_.promise().take();
  }

 private:
  std::coroutine_handle<promise_type> handle_;
};

template <class T>
Process<T> detail::Promise<T>::get_return_object() {
  return Process<T>(std::coroutine_handle<Promise<T>>::from_promise(*this));
}

inline Process<void> detail::Promise<void>::get_return_object() {
  return Process<void>(std::coroutine_handle<Promise<void>>::from_promise(*this));
}

}  // namespace podsim::platform
