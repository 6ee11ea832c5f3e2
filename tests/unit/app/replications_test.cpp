// Several seeds put together: means, intervals, and the gravest verdict.
#include "app/replications.hpp"

#include <cmath>

#include "metrics/summary.hpp"
#include "results/tables.hpp"

using namespace podsim;
using app::Replications;
using app::Row;
using results::Cell;

namespace {

Row run(std::int64_t finished, double in_system, metrics::Verdict verdict) {
  metrics::Summary summary;
  summary.used_packages = 1;
  summary.requests = 500;
  summary.finished = finished;
  summary.in_system = in_system;
  summary.pace.verdict = verdict;
  return results::row(results::summary_columns(), results::SummaryRow{"one", summary});
}

std::size_t column(const std::string& name) {
  const auto& columns = results::summary_columns();
  const auto found = std::find_if(columns.begin(), columns.end(), [&](const auto& c) { return c.name == name; });
  REQUIRE(found != columns.end());
  return static_cast<std::size_t>(found - columns.begin());
}

Replications three_runs() {
  using metrics::Verdict;
  return {{7, 8, 9}, {{run(498, 1, Verdict::stable), run(500, 2, Verdict::overloaded), run(499, 3, Verdict::backlogged)}}};
}

}  // namespace

TEST_CASE("Numbers are means, what is the same in all runs stays as it is") {
  const Row mean = app::means_of(three_runs()).front();
  CHECK(mean[column("system")] == Cell(std::string("one")));
  CHECK(mean[column("requests")] == Cell(std::int64_t{500}));
  CHECK(std::get<double>(mean[column("finished")]) == Approx(499));
  CHECK(std::get<double>(mean[column("requests_in_system")]) == Approx(2));
}

TEST_CASE("The verdict of several runs is the gravest") {
  auto runs = three_runs();
  const auto verdict = [&] { return app::means_of(runs).front()[column("verdict")]; };
  CHECK(verdict() == Cell(std::string("OVERLOADED")));
  runs.rows[0].erase(runs.rows[0].begin() + 1);
  CHECK(verdict() == Cell(std::string("BACKLOGGED")));
  runs.rows[0].pop_back();
  CHECK(verdict() == Cell(std::string("STABLE")));
  runs.rows[0] = {run(1, 1, metrics::Verdict::not_applicable)};
  CHECK(verdict() == Cell(std::string("n/a")));
}

TEST_CASE("Half widths follow Student's t") {
  const auto widths = app::half_widths_of(three_runs()).front();
  // s = 1, t(0.975, 2) = 4.3027 (tables).
  CHECK(widths[column("requests_in_system")] == Approx(4.3027 / std::sqrt(3)).epsilon(1e-4));
  CHECK(widths[column("requests")] == 0);
  CHECK(widths[column("verdict")] == 0);
}

TEST_CASE("Each seed has its row, each number its interval") {
  const std::string seeds = app::seeds_csv(three_runs());
  CHECK(seeds.starts_with("system,seed,packages,"));
  CHECK(seeds.find("\none,8,0,1,500,500,0,0,0,OVERLOADED,") != std::string::npos);
  CHECK(std::count(seeds.begin(), seeds.end(), '\n') == 4);
  const std::string confidence = app::confidence_csv(three_runs());
  CHECK(confidence.starts_with("system,column,unit,seeds,mean,half_width_95\n"));
  CHECK(confidence.find("\none,requests_in_system,,3,2,2.48413771\n") != std::string::npos);  // 4.30265273 / sqrt(3)
  CHECK(confidence.find("verdict") == std::string::npos);
}
