#include "app/read_measure.hpp"

namespace podsim::app {
namespace {

using metrics::Cut;

// The number before a word that ends the text.
std::optional<double> number_before(const std::string& text, const std::string& word) {
  if (!text.ends_with(word)) return std::nullopt;
  std::string number = text.substr(0, text.size() - word.size());
  while (number.ends_with(' ')) number.pop_back();
  return config::parse_text<double>(number);
}

std::optional<Cut> read_cut(config::Node& node, const std::string& key, std::size_t requests) {
  const auto text = node.find_as<std::string>(key);
  if (!text) return std::nullopt;
  if (const auto time = config::parse_text<Seconds>(*text); time && *time >= Seconds(0)) return Cut{Cut::Unit::seconds, time->value()};
  if (const auto percent = number_before(*text, "%"); percent && *percent >= 0 && *percent < 100)
    return Cut{Cut::Unit::share, *percent / 100};
  const auto count = number_before(*text, "requests");
  if (count && *count >= 0 && *count == static_cast<double>(static_cast<std::int64_t>(*count))) {
    if (*count >= static_cast<double>(requests)) node.fail(key, fmt::format("there are only {} requests", requests));
    return Cut{Cut::Unit::requests, *count};
  }
  node.fail(key, fmt::format("\"{}\" is not a time (100 s), a share below 100 % (10 %) or a number of requests (500 requests)", *text));
}

}  // namespace

metrics::Measure read_measure(config::Node node, std::size_t requests) {
  metrics::Measure measure;
  for (const auto& [time, cut] : {std::pair{"from", "warm_up"}, std::pair{"to", "cool_down"}}) {
    if (node.has(time) && node.has(cut)) node.fail(cut, fmt::format("says again what {} says", time));
  }
  measure.warm_up = read_cut(node, "warm_up", requests);
  measure.cool_down = read_cut(node, "cool_down", requests);
  if (!measure.warm_up) measure.times.from = node.get_within<Seconds>("from", Seconds(0), Seconds(1e12), Seconds(0));
  if (!measure.cool_down) measure.times.to = node.find_as<Seconds>("to").value_or(measure.times.to);
  if (!measure.warm_up && !measure.cool_down && measure.times.to <= measure.times.from) node.fail("to", "must come after from");
  const bool alike = measure.warm_up && measure.cool_down && measure.warm_up->unit == measure.cool_down->unit;
  const double both = alike ? measure.warm_up->amount + measure.cool_down->amount : 0;
  const bool all = alike && ((measure.warm_up->unit == Cut::Unit::share && both >= 1) ||
                             (measure.warm_up->unit == Cut::Unit::requests && both >= static_cast<double>(requests)));
  if (all) node.fail("cool_down", "leaves nothing to measure between warm-up and itself");
  node.done();
  return measure;
}

}  // namespace podsim::app
