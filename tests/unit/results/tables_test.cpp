// The columns of the output tables: each explained, each once, and the right number behind each name.
#include "results/tables.hpp"

#include <algorithm>
#include <set>

#include "support/run_logs.hpp"

using namespace podsim;
using results::Cell;
using results::View;

namespace {

template <class Record, class Value>
void check_columns(const std::vector<results::Column<Record, Value>>& columns) {
  std::set<std::string> names;
  for (const auto& column : columns) {
    INFO(column.name);
    CHECK(names.insert(column.name).second);
    CHECK(std::string(column.meaning).size() > 3);
    // A time, a power or a size has its unit at the end of its name.
    const std::string name = column.name, unit = column.unit;
    for (const auto& [ending, meant] : {std::pair{"_s", "s"}, {"_w", "W"}, {"_gb", "GB"}}) {
      CHECK((unit == meant) == (name.ends_with(ending) && !name.ends_with("_per_s")));
    }
  }
}

template <class Record, class Value>
Value cell(const std::vector<results::Column<Record, Value>>& columns, const std::string& name, const Record& record) {
  const auto column = std::find_if(columns.begin(), columns.end(), [&](const auto& c) { return c.name == name; });
  REQUIRE(column != columns.end());
  return column->get(record);
}

const std::string system_name = "sys";

}  // namespace

TEST_CASE("Every column is explained, and no name stands twice") {
  check_columns(results::request_columns());
  check_columns(results::step_columns());
  check_columns(results::tenant_columns());
  check_columns(results::scale_columns());
  check_columns(results::tier_columns());
  check_columns(results::summary_columns());
}

TEST_CASE("A finished request shows its times and its latencies") {
  auto record = test::answered(1, 1.5, 1.75, 4, 11);
  record.admitted = Seconds(1.25);
  auto log = test::empty_log();
  log.clients = {"chat"};
  const results::RequestRow row{system_name, 42, record, log};
  const auto get = [&](const char* name) { return cell(results::request_columns(), name, row); };
  CHECK(get("system") == View(std::string_view("sys")));
  CHECK(get("request") == View(std::int64_t{42}));
  CHECK(get("outcome") == View(std::string_view("finished")));
  CHECK(get("output_tokens") == View(std::int64_t{11}));
  CHECK(get("client") == View(std::string_view("chat")));
  CHECK(get("ttft_s") == View(0.5));
  CHECK(get("ttft_from_admission_s") == View(0.25));
  CHECK(get("tpot_s") == View(0.25));
  CHECK(get("e2e_s") == View(3.0));
  CHECK(get("decode_ready_s") == View(1.75));
}

TEST_CASE("What a request did not reach stays empty") {
  metrics::RequestRecord record;
  record.arrival = Seconds(-1);
  const auto log = test::empty_log();
  record.outcome = GENERATE(metrics::Outcome::unfinished, metrics::Outcome::rejected);
  record.input = 5;
  const results::RequestRow row{system_name, 0, record, log};
  const auto get = [&](const char* name) { return cell(results::request_columns(), name, row); };
  for (const char* name : {"arrival_s", "admitted_s", "first_token_s", "decode_ready_s", "finished_s", "ttft_s", "tpot_s", "e2e_s",
                           "prefill_instance", "decode_instance"}) {
    INFO(name);
    CHECK(get(name) == View(std::string_view()));
  }
  CHECK(get("outcome") == View(std::string_view(record.outcome == metrics::Outcome::rejected ? "rejected" : "unfinished")));
}

TEST_CASE("A step shows its pool and the draw of its packages") {
  auto log = test::empty_log();
  log.steps = {test::step(2, 3, {1, 0.5, 0.25, 0.1})};
  const results::StepRow row{system_name, log, log.steps[0]};
  const auto get = [&](const char* name) { return cell(results::step_columns(), name, row); };
  CHECK(get("pool") == View(std::string_view("colocated")));
  CHECK(get("duration_s") == View(3.0));
  CHECK(std::get<double>(get("power_w")) == Approx(4 * (100 + 50 + 200 + 50 + 3)));
}

TEST_CASE("A summary's rates and energies are those of its run") {
  auto log = test::empty_log();
  log.kv_moved = 3 * units::GB;
  log.requests = {test::answered(0, 1, 1, 9, 50)};
  log.steps = {test::step(1, 8, {1, 0.5, 0.25, 0.1})};
  log.steps[0].output_tokens = 49;
  const auto summary = metrics::summarise(log, {Seconds(2), Seconds(1)});
  const results::SummaryRow row{system_name, summary};
  const auto number = [&](const std::string& name) { return std::get<double>(cell(results::summary_columns(), name, row)); };
  CHECK(number("output_tokens_per_s") == Approx(5));
  CHECK(number("output_tokens_per_s_per_package") == Approx(5.0 / 4));
  CHECK(number("slo_attainment") == 1);
  CHECK(number("finished_requests_per_s") == Approx(1.0 / 10));
  CHECK(number("requests_in_system") == Approx(9.0 / 10));
  CHECK(cell(results::summary_columns(), "verdict", row) == Cell(std::string("n/a")));
  CHECK(number("kv_moved_gb") == Approx(3));
  CHECK(number("energy_j") == Approx(number("average_power_w") * number("duration_s")));
  double parts = 0;
  for (const auto& column : results::summary_columns()) {
    const std::string name = column.name;
    if (name.starts_with("energy_") && name != "energy_j") parts += number(name);
  }
  CHECK(parts == Approx(number("energy_j")));
}
