// How many instances a pool wants, and what its description may say.
#include "serving/autoscale.hpp"

#include "support/clusters.hpp"

using namespace podsim;
using serving::wanted_instances;

namespace {

std::string complaint(const std::string& text) {
  static const auto cluster =
      test::cluster(1, 8,
                    fmt::format("  net: {{kind: single_switch, link: {}, switch: {}, links_to_switch: [1], carries: [tensor, weights]}}\n",
                                test::link("50 GB/s", "1 us"), test::any_switch));
  test::Yaml yaml(text);
  return yaml.error_of([](config::Node node) { serving::read_autoscale(std::move(node), cluster); });
}

}  // namespace

TEST_CASE("The number of instances follows the metric's ratio to its target, within its bounds") {
  serving::Autoscale rules;
  rules.min = 2;
  rules.max = 10;
  rules.target = 100;
  const auto [running, metric, wanted] = GENERATE(table<int, double, int>({
      {4, 100, 4},
      {4, 150, 6},  // 4 * 1.5
      {4, 151, 7},  // rounded up
      {4, 109, 4},  // within 10 %
      {4, 111, 5},
      {4, 89, 4},  // 3.56 rounded up
      {4, 70, 3},
      {4, 0, 2},     // no less than min
      {4, 1e6, 10},  // no more than max
  }));
  CHECK(wanted_instances(rules, running, metric) == wanted);
}

TEST_CASE("Rules of scaling that cannot be are refused with file, line and key") {
  const std::string rest = "metric: requests\ntarget: 8\nstart: {delay: 1 s, weights_rate: 10 GB/s}\n";
  CHECK(complaint("min: 1\nmax: 4\n" + rest).empty());
  CHECK(complaint("min: 4\nmax: 2\n" + rest) == "test.yaml:2: max: must lie between 4 and 1048576, not 2");
  CHECK(complaint("min: 0\nmax: 2\n" + rest) == "test.yaml:1: min: must lie between 1 and 1048576, not 0");
  CHECK(complaint("min: 1\nmax: 2\nmetric: speed\ntarget: 1\nstart: {weights_rate: 1 GB/s}\n") ==
        "test.yaml:3: metric: \"speed\" is not one of outstanding_tokens, requests, utilisation");
  CHECK(complaint("min: 1\nmax: 2\nmetric: utilisation\ntarget: 80\nstart: {weights_rate: 1 GB/s}\n") ==
        "test.yaml:4: target: must lie between 0.01 and 1, not 80");
  CHECK(complaint("min: 1\nmax: 2\ntarget: 80\nstart: {weights: {library: mooncake, planes: [net]}, weights_rate: 1 GB/s}\n") ==
        "test.yaml:4: start.weights_rate: stands alone; weights come over planes, or from the host at a rate");
  CHECK(complaint("min: 1\nmax: 2\ntarget: 80\nstart: {delay: 1 s}\n") == "test.yaml:4: start: the key \"weights_rate\" is missing");
}
