// The fitted kernel times of the shipped chips against the tables that they were fitted to, every Nth row of them.
#include <array>
#include <cmath>
#include <cstdio>
#include <map>
#include <memory>

#include "base/error.hpp"
#include "compute/shaped_cost.hpp"
#include "support/shipped.hpp"

using namespace podsim;
using namespace podsim::compute;

namespace {

using Cells = std::map<std::string, std::string>;

// The n-th rows of a gzipped CSV.
template <class Visit>
void every(int n, const std::filesystem::path& file, Visit visit) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(("gzip -dc '" + file.string() + "'").c_str(), "r"), pclose);
  REQUIRE(pipe);
  std::array<char, 4096> line;
  std::vector<std::string> header;
  for (int row = 0; std::fgets(line.data(), line.size(), pipe.get()); ++row) {
    if (row > 0 && row % n != 0) continue;
    std::vector<std::string> cells(1);
    for (const char* c = line.data(); *c && *c != '\n' && *c != '\r'; ++c) {
      if (*c == ',') cells.emplace_back();
      else cells.back() += *c;
    }
    if (row == 0) {
      header = cells;
      continue;
    }
    Cells named;
    for (std::size_t i = 0; i < header.size(); ++i) named[header[i]] = cells.at(i);
    visit(named);
  }
}

struct Table {
  const char* chip;
  const char* prefix;  // of the file
  const char* kind;
  const char* format;  // of the table, "" = all rows
  NumberFormat number;
  double bound;           // of the median |log error|
  double host_floor = 0;  // us: shorter kernels wait for the host in this table
};

double get(const Cells& row, const char* name) { return std::stod(row.at(name)); }

// Predicted time of a row, nullopt for rows that the table marks as another format or that have no work.
std::optional<Seconds> predicted(const hardware::ChipSpec& chip, const Table& table, const Cells& row) {
  const std::string kind = table.kind;
  const auto format = static_cast<std::size_t>(table.number);
  const double bytes = bytes_per_element(table.number);
  if (kind == "gemm") {
    if (row.at("gemm_dtype") != table.format || get(row, "m") == 0) return std::nullopt;
    const GemmShape shape{get(row, "m"), get(row, "n"), get(row, "k"), {bytes, bytes}};
    Seconds time = gemm_time(chip, *chip.kernels.gemm[format], *chip.peak[format], shape);
    if (table.number != NumberFormat::bf16) time += quantise_time(chip, *chip.kernels.gemm[format], shape);
    return time;
  }
  if (kind == "moe") {
    if (row.at("moe_dtype") != table.format || row.at("moe_ep_size") != "1" || row.at("distribution") == "balanced") return std::nullopt;
    const double alpha = std::stod(row.at("distribution").substr(10));
    const auto loads =
        whole_copies(power_law_load(std::stoi(row.at("num_experts")), std::stoi(row.at("num_tokens")), std::stoi(row.at("topk")), alpha));
    const bool gated = row.at("kernel_source").find("nongated") == std::string::npos;
    return experts_time(chip, *chip.kernels.grouped_gemm[format], *chip.peak[format],
                        {loads,
                         get(row, "num_tokens"),
                         get(row, "topk"),
                         get(row, "hidden_size"),
                         get(row, "inter_size") / get(row, "moe_tp_size"),
                         gated,
                         {bytes, bytes}});
  }
  const HeadShape heads{get(row, "num_heads"), get(row, "num_key_value_heads"), get(row, "head_dim"), get(row, "window_size"),
                        row.at("kv_cache_dtype") == "fp8" ? 1.0 : 2.0};
  const FlopRate peak = *chip.peak_of(NumberFormat::bf16);
  if (kind == "context_attention") {
    return prefill_attention_time(chip, *chip.kernels.prefill, peak,
                                  {heads, get(row, "batch_size"), get(row, "isl"), 0, row.at("attn_dtype") == "fp8"});
  }
  const auto& kernels = chip.kernels.decode[static_cast<std::size_t>(heads.cache_bytes > 1 ? NumberFormat::bf16 : NumberFormat::fp8)];
  return decode_attention_time(chip, *kernels, peak, {heads, get(row, "batch_size"), get(row, "step") + 1});
}

std::filesystem::path table_file(const Table& table) {
  const auto folder = test::source_dir().parent_path();
  for (const auto& shared : {folder / "shared", folder.parent_path() / "shared"}) {
    if (!std::filesystem::is_directory(shared / "reference/kernels")) continue;
    for (const auto& entry : std::filesystem::directory_iterator(shared / "reference/kernels")) {
      if (entry.path().filename().string().rfind(std::string(table.prefix) + "_" + table.kind + "_perf", 0) == 0) return entry.path();
    }
  }
  return {};
}

}  // namespace

TEST_CASE("Fitted kernel times lie within their bound of the measured tables") {
  const auto bf16 = NumberFormat::bf16, fp8 = NumberFormat::fp8, fp4 = NumberFormat::fp4;
  const Table table = GENERATE_COPY(values<Table>({
      {"h100-sxm", "h100_sxm", "gemm", "bfloat16", bf16, 0.10},
      {"h100-sxm", "h100_sxm", "gemm", "fp8", fp8, 0.10},
      {"h100-sxm", "h100_sxm", "context_attention", "", bf16, 0.11},
      {"h100-sxm", "h100_sxm", "generation_attention", "", bf16, 0.17},
      {"h100-sxm", "h100_sxm", "moe", "bfloat16", bf16, 0.12},
      {"h100-sxm", "h100_sxm", "moe", "fp8", fp8, 0.12},
      {"h200-sxm", "h200_sxm", "gemm", "bfloat16", bf16, 0.10},
      {"h200-sxm", "h200_sxm", "gemm", "fp8_block", fp8, 0.12, 74.5},
      {"h200-sxm", "h200_sxm", "context_attention", "", bf16, 0.12},
      {"h200-sxm", "h200_sxm", "generation_attention", "", bf16, 0.12},
      {"h200-sxm", "h200_sxm", "moe", "bfloat16", bf16, 0.12},
      {"h200-sxm", "h200_sxm", "moe", "fp8_block", fp8, 0.12},
      {"b200-sxm", "b200_sxm", "gemm", "bfloat16", bf16, 0.10},
      {"b200-sxm", "b200_sxm", "gemm", "nvfp4", fp4, 0.10},
      {"b200-sxm", "b200_sxm", "gemm", "fp8_block", fp8, 0.10},
      {"b200-sxm", "b200_sxm", "context_attention", "", bf16, 0.12},
      {"b200-sxm", "b200_sxm", "generation_attention", "", bf16, 0.10},
      {"b200-sxm", "b200_sxm", "moe", "bfloat16", bf16, 0.15},
      {"b200-sxm", "b200_sxm", "moe", "fp8", fp8, 0.16},
      {"a100-80g-sxm", "a100_sxm", "gemm", "bfloat16", bf16, 0.10},
      {"a100-80g-sxm", "a100_sxm", "context_attention", "", bf16, 0.10},
      {"a100-80g-sxm", "a100_sxm", "generation_attention", "", bf16, 0.15},
      {"a100-80g-sxm", "a100_sxm", "moe", "bfloat16", bf16, 0.12},
  }));
  const auto file = table_file(table);
  if (file.empty()) {
    WARN("no ../shared/reference/kernels: skipped");
    return;
  }
  INFO(file.filename().string() << " " << table.format);
  const auto chip = test::shipped(std::string("configs/chips/") + table.chip + ".yaml", hardware::read_chip);
  std::vector<double> errors;
  every(7, file, [&](const Cells& row) {
    const auto time = predicted(chip, table, row);
    if (time) errors.push_back(std::abs(std::log(std::max(time->value() * 1e3, table.host_floor * 1e-3) / get(row, "latency"))));
  });
  REQUIRE(errors.size() > 100);
  std::nth_element(errors.begin(), errors.begin() + static_cast<std::ptrdiff_t>(errors.size() / 2), errors.end());
  CHECK(errors[errors.size() / 2] < table.bound);
}
