#include "support/child.hpp"

#include "app/workers.hpp"
#include "base/error.hpp"

namespace test {

std::string in_child(const std::function<std::string()>& work) {
  const auto result = podsim::app::run_in_workers(
                          1, 1, [&](int) { return work(); }, [](int) {})
                          .front();
  if (result.status == 2) throw podsim::InputError(result.error);
  if (result.status != 0) throw podsim::RunError(result.error);
  return result.output;
}

double number_in_child(const std::function<double()>& work) {
  return std::stod(in_child([&] { return fmt::format("{:.17g}", work()); }));
}

}  // namespace test
