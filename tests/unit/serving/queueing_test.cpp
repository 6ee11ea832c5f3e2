// Who waits, in which order, and who is not let in.
#include "serving/queueing.hpp"

#include "support/files.hpp"

using namespace podsim;
using serving::Admission;
using serving::has_place;
using serving::QueueOrder;
using serving::Sequence;

namespace {

Sequence ranked(int priority, double deadline, QueueOrder order) {
  return serving::ranked({.request = 0, .input = 1, .output = 1, .priority = priority, .deadline = Seconds(deadline)}, order);
}

std::string complaint(const std::string& text) {
  test::Yaml yaml(text);
  return yaml.error_of([](config::Node node) { serving::read_admission(std::move(node)); });
}

}  // namespace

TEST_CASE("Who came later overtakes by what the order looks at, and equals never do") {
  const auto order = GENERATE(QueueOrder::arrival, QueueOrder::priority, QueueOrder::deadline);
  const bool by_priority = order != QueueOrder::arrival, by_deadline = order == QueueOrder::deadline;
  CHECK(overtakes(ranked(2, 9, order), ranked(1, 1, order)) == by_priority);
  CHECK(overtakes(ranked(1, 1, order), ranked(1, 9, order)) == by_deadline);
  CHECK_FALSE(overtakes(ranked(1, 1, order), ranked(2, 9, order)));
  CHECK_FALSE(overtakes(ranked(1, 5, order), ranked(1, 5, order)));
}

TEST_CASE("A queue takes as many requests and tokens as it may, and one prompt always") {
  const Admission admission{.queued_requests = 3, .queued_tokens = 1000};
  CHECK(has_place(admission, {0, 0}, 5000));
  CHECK(has_place(admission, {2, 900}, 100));
  CHECK_FALSE(has_place(admission, {2, 900}, 101));
  CHECK_FALSE(has_place(admission, {3, 30}, 1));
  CHECK(has_place({}, {1 << 20, std::int64_t{1} << 40}, 1 << 20));
}

TEST_CASE("Admission control that limits nothing, or less than nothing, is refused") {
  CHECK(complaint("in_time: false\n") == "test.yaml:1: limits nothing: say queued_requests, queued_tokens or in_time: true");
  CHECK(complaint("queued_requests: 0\n").starts_with("test.yaml:1: queued_requests: must lie between 1 and "));
  CHECK(complaint("queued_reqests: 5\n").find("did you mean \"queued_requests\"?") != std::string::npos);
  test::Yaml yaml("{queued_tokens: 5000, in_time: true}\n");
  const Admission admission = serving::read_admission(yaml.root());
  CHECK(admission.queued_tokens == 5000);
  CHECK(admission.in_time);
}
