#include "app/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "results/tables.hpp"

namespace podsim::app {
namespace {

using results::Cell;

double number(const Cell& cell) {
  if (const auto* count = std::get_if<std::int64_t>(&cell)) return static_cast<double>(*count);
  const auto* value = std::get_if<double>(&cell);
  return value ? *value : 0;
}

// Significant digits, but whole from a thousand (with two of them: a hundred) on, thousands separated.
std::string pretty(double value, int digits_shown = 4) {
  if (value == 0) return "0";
  if (std::abs(value) < std::pow(10, std::min(3, digits_shown))) return fmt::format("{:.{}g}", value, digits_shown);
  const std::string digits = fmt::format("{:.0f}", std::abs(value));
  std::string grouped = value < 0 ? "-" : "";
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) grouped += ',';
    grouped += digits[i];
  }
  return grouped;
}

// One system's cells by the names of their columns.
class Figures {
 public:
  Figures(const std::vector<Cell>& row, const std::vector<double>& half_widths) : row_(row), half_widths_(half_widths) {}

  double value(std::string_view column) const { return number(row_.at(index(column))); }
  std::string text(std::string_view column) const { return std::get<std::string>(row_.at(index(column))); }
  // With its confidence interval where there is one.
  std::string show(std::string_view column, double factor = 1) const {
    const std::string mean = pretty(value(column) * factor);
    return half_widths_.empty() ? mean : fmt::format("{} ± {}", mean, pretty(half_widths_.at(index(column)) * factor, 2));
  }

 private:
  static std::size_t index(std::string_view name) {
    const auto& columns = results::summary_columns();
    const auto found = std::find_if(columns.begin(), columns.end(), [&](const auto& column) { return column.name == name; });
    return static_cast<std::size_t>(found - columns.begin());
  }

  const std::vector<Cell>& row_;
  const std::vector<double>& half_widths_;
};

struct Line {
  std::string label;
  std::function<std::string(const Figures&)> show;
  const char* only_with = nullptr;  // a column: the line is left out where it is 0 for every system
};

Line plain(const char* label, const char* column, double factor = 1) {
  return {label, [=](const Figures& f) { return f.show(column, factor); }};
}

Line if_any(const char* label, const char* column, double factor = 1) {
  Line line = plain(label, column, factor);
  line.only_with = column;
  return line;
}

Line triple(const char* label, const std::string& prefix, double factor) {
  return {label, [=](const Figures& f) {
            return fmt::format("{} / {} / {}", f.show(prefix + "_p50_s", factor), f.show(prefix + "_p90_s", factor),
                               f.show(prefix + "_p99_s", factor));
          }};
}

const std::vector<Line>& summary_lines() {
  static const std::vector<Line> lines = {
      {"chips (packages), serving of all",
       [](const Figures& f) { return fmt::format("{} of {}", pretty(f.value("used_packages")), pretty(f.value("packages"))); }},
      {"requests finished",
       [](const Figures& f) { return fmt::format("{} of {}", pretty(f.value("finished")), pretty(f.value("requests"))); }},
      {"pace", [](const Figures& f) { return f.text("verdict"); }},
      plain("requests/s offered", "offered_requests_per_s"),
      plain("requests/s finished", "finished_requests_per_s"),
      plain("output tokens/s", "output_tokens_per_s"),
      plain("output tokens/s per chip", "output_tokens_per_s_per_package"),
      plain("input tokens/s", "input_tokens_per_s"),
      triple("TTFT p50 / p90 / p99, s", "ttft", 1),
      triple("TPOT p50 / p90 / p99, ms", "tpot", 1e3),
      triple("inter-token p50 / p90 / p99, ms", "itl", 1e3),
      plain("goodput, requests/s", "goodput_requests_per_s"),
      plain("SLO attainment, %", "slo_attainment", 100),
      {"utilisation prefill / decode, %",
       [](const Figures& f) { return fmt::format("{} / {}", f.show("prefill_utilisation", 100), f.show("decode_utilisation", 100)); }},
      if_any("prompts found in the cache, %", "prefix_cached", 100),
      if_any("prompts brought from other memories, %", "prefix_loaded", 100),
      if_any("preemptions", "preemptions"),
      if_any("of those by swap", "swaps"),
      if_any("requests turned away", "turned_away"),
      plain("average power, kW", "average_power_w", 1e-3),
      plain("energy per output token, J", "j_per_output_token"),
  };
  return lines;
}

// Characters, not bytes: one is not a continuation byte of UTF-8.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string padding(const std::string& text, std::size_t width) { return std::string(width - width_of(text), ' '); }

template <class Record, class Value>
void print_columns_of(const char* file, const std::vector<results::Column<Record, Value>>& columns) {
  fmt::print("## {}\n\n| column | unit | meaning |\n|---|---|---|\n", file);
  for (const auto& column : columns) fmt::print("| `{}` | {} | {} |\n", column.name, column.unit, column.meaning);
  fmt::print("\n");
}

}  // namespace

void print_columns() {
  print_columns_of("summary.csv", results::summary_columns());
  print_columns_of("requests.csv", results::request_columns());
  print_columns_of("steps.csv", results::step_columns());
  print_columns_of("tenants.csv", results::tenant_columns());
  print_columns_of("tiers.csv", results::tier_columns());
  print_columns_of("scaling.csv", results::scale_columns());
}

void print_table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> width;
  for (const auto& row : rows) {
    width.resize(std::max(width.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) width[i] = std::max(width[i], width_of(row[i]));
  }
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i)
      line += i == 0 ? row[i] + padding(row[i], width[i]) : "  " + padding(row[i], width[i]) + row[i];
    fmt::print("{}\n", line);
  }
}

void print_summary(const std::vector<std::vector<Cell>>& rows, const metrics::ServiceLevel& level,
                   const std::vector<std::vector<double>>& half_widths) {
  static const std::vector<double> none;
  std::vector<std::vector<std::string>> table = {
      {fmt::format("SLO: TTFT {:g} s, TPOT {:g} ms", level.ttft.value(), level.tpot.value() * 1e3)}};
  std::vector<Figures> systems;
  for (std::size_t i = 0; i < rows.size(); ++i) systems.emplace_back(rows[i], half_widths.empty() ? none : half_widths[i]);
  for (const Figures& system : systems) table[0].push_back(system.text("system"));
  for (const Line& line : summary_lines()) {
    if (line.only_with && std::ranges::all_of(systems, [&](const Figures& system) { return system.value(line.only_with) == 0; })) continue;
    table.push_back({line.label});
    for (const Figures& system : systems) table.back().push_back(line.show(system));
  }
  fmt::print("\n");
  print_table(table);
  fmt::print("\n");
}

void print_scenario(const engine::Scenario& scenario) {
  std::string models;
  for (const engine::Service& service : scenario.services) models += (models.empty() ? "" : ", ") + service.name;
  for (const topology::Part& part : scenario.cluster.parts) {
    const topology::Topology& t = part.topology;
    fmt::print("{}: {}, {} packages ({} endpoints of {}) in {} nodes, {}\n", scenario.name, t.name, t.shape.packages(), t.shape.endpoints(),
               t.chip.name, t.shape.nodes, models);
  }
  for (const topology::Plane& plane : scenario.cluster.whole().planes)
    fmt::print("  plane {}: {} switches, {} links\n", plane.name, plane.switches, plane.links);
  const auto instances = engine::place(scenario);
  const serving::Pool* last = nullptr;
  for (const engine::Instance& instance : instances) {
    const serving::Pool& pool = scenario.pool_of(instance);
    if (&pool == last) continue;
    last = &pool;
    const engine::Service& service = scenario.service_of(instance);
    const std::string count =
        pool.autoscale ? fmt::format("{} to {}", pool.autoscale->min, pool.autoscale->max) : fmt::format("{}", pool.instances);
    const auto& turns = pool.parallel.disaggregated_experts;
    const std::string apart =
        turns ? fmt::format(" on endpoints of their own, domains {}, micro-batches {}", turns->domains, turns->micro_batches) : "";
    fmt::print("  {}{}: {} x {} endpoints (tensor {}, pipeline {}, data {}, expert {}{}, sequence {}), KV cache for {} tokens a group\n",
               scenario.services.size() > 1 ? service.name + "." : "", pool.name, count, pool.parallel.endpoints(), pool.parallel.tensor,
               pool.parallel.pipeline, pool.parallel.data, pool.parallel.expert, apart, pool.parallel.sequence,
               pretty(static_cast<double>(instance.kv_blocks * service.deployment.kv_block_tokens)));
  }
}

}  // namespace podsim::app
