// The fitted kernel times of the shipped chips against the tables that they were fitted to, every Nth row of them.
#include <cmath>
#include <map>

#include "base/error.hpp"
#include "compute/shaped_cost.hpp"
#include "support/shipped.hpp"
#include "support/tables.hpp"

using namespace podsim;
using namespace podsim::compute;

namespace {

using test::Cells;

double get(const Cells& row, const char* name) { return std::stod(row.at(name)); }

// One number format of a table.
struct Part {
  const char* format;
  hardware::OperandFormats operands;
  double host_floor = 0;     // us: shorter kernels wait for the host in this table
  double fewest_tokens = 0;  // of an MoE block: smaller steps wait for the host as a whole
};

struct Table {
  const char* chip;
  const char* prefix;  // of the file
  const char* kind;
  std::vector<Part> parts;
};

FlopRate peak_of(const hardware::ChipSpec& chip, hardware::OperandFormats operands) {
  return *chip.peak_of(arithmetic_of(operands.weights, operands.activations));
}

OperandBytes bytes_of(hardware::OperandFormats operands) {
  return {bytes_per_element(operands.activations), bytes_per_element(operands.weights)};
}

Seconds product_time(const hardware::ChipSpec& chip, const Part& part, const Cells& row) {
  const GemmShape shape{get(row, "m"), get(row, "n"), get(row, "k"), bytes_of(part.operands)};
  const auto& kernels = *chip.kernels.gemm_of(part.operands);
  const Seconds product = gemm_time(chip, kernels, peak_of(chip, part.operands), shape);
  return bytes_per_element(part.operands.activations) < 2 ? product + quantise_time(chip, kernels, shape) : product;
}

// The rows of power-law loads on one rank; where a rank has part of the experts, its load depends on a random placement.
std::optional<Seconds> block_time(const hardware::ChipSpec& chip, const Part& part, const Cells& row) {
  if (row.at("moe_ep_size") != "1" || row.at("distribution") == "balanced") return std::nullopt;
  if (get(row, "num_tokens") < part.fewest_tokens) return std::nullopt;
  const double alpha = std::stod(row.at("distribution").substr(10));
  const auto loads =
      whole_copies(power_law_load(std::stoi(row.at("num_experts")), std::stoi(row.at("num_tokens")), std::stoi(row.at("topk")), alpha));
  const bool gated = row.at("kernel_source").find("nongated") == std::string::npos;
  return experts_time(chip, *chip.kernels.grouped_gemm_of(part.operands, get(row, "num_tokens")), peak_of(chip, part.operands),
                      {loads, get(row, "num_tokens"), get(row, "topk"), get(row, "hidden_size"),
                       get(row, "inter_size") / get(row, "moe_tp_size"), gated, bytes_of(part.operands)});
}

Seconds attention_time(const hardware::ChipSpec& chip, bool prefill, const Cells& row) {
  const HeadShape heads{get(row, "num_heads"), get(row, "num_key_value_heads"), get(row, "head_dim"), get(row, "window_size"),
                        row.at("kv_cache_dtype") == "fp8" ? 1.0 : 2.0};
  const FlopRate peak = *chip.peak_of(NumberFormat::bf16);
  if (prefill) {
    return prefill_attention_time(chip, *chip.kernels.prefill, peak,
                                  {heads, get(row, "batch_size"), get(row, "isl"), 0, row.at("attn_dtype") == "fp8"});
  }
  const auto& kernels = chip.kernels.decode[static_cast<std::size_t>(heads.cache_bytes > 1 ? NumberFormat::bf16 : NumberFormat::fp8)];
  return decode_attention_time(chip, *kernels, peak, {heads, get(row, "batch_size"), get(row, "step") + 1});
}

// Predicted time of a row, nullopt for rows of another format or that have no work.
std::optional<Seconds> predicted(const hardware::ChipSpec& chip, const std::string& kind, const Part& part, const Cells& row) {
  if (kind == "gemm") {
    if (row.at("gemm_dtype") != part.format || get(row, "m") == 0) return std::nullopt;
    return product_time(chip, part, row);
  }
  if (kind == "moe") return row.at("moe_dtype") == part.format ? block_time(chip, part, row) : std::nullopt;
  if (row.at(kind == "context_attention" ? "attn_dtype" : "kv_cache_dtype") != part.format) return std::nullopt;
  return attention_time(chip, kind == "context_attention", row);
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
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

TEST_CASE("Fitted kernel times lie within 10 % of each measured table, by the median, and within 13.5 % of each format in it") {
  const auto same = [](NumberFormat format) { return hardware::OperandFormats{format, format}; };
  const auto bf16 = same(NumberFormat::bf16), fp8 = same(NumberFormat::fp8), block = same(NumberFormat::fp8_block);
  const auto wide = [](NumberFormat weights) { return hardware::OperandFormats{weights, NumberFormat::bf16}; };
  const auto mxfp4 = wide(NumberFormat::mxfp4);
  const std::vector<Part> wide_only = {{"bfloat16", bf16}}, both = {{"bfloat16", bf16}, {"fp8", fp8}};
  const std::vector<Part> experts = {{"bfloat16", bf16}, {"fp8", fp8}, {"fp8_block", block}};
  const Table table = GENERATE_COPY(values<Table>({
      {"a100-80g-sxm",
       "a100_sxm",
       "gemm",
       {{"bfloat16", bf16},
        {"sq", same(NumberFormat::int8)},
        {"int8_wo", wide(NumberFormat::int8)},
        {"int4_wo", wide(NumberFormat::int4)}}},
      {"a100-80g-sxm", "a100_sxm", "context_attention", wide_only},
      {"a100-80g-sxm", "a100_sxm", "generation_attention", wide_only},
      {"a100-80g-sxm", "a100_sxm", "moe", wide_only},
      {"h100-sxm", "h100_sxm", "gemm", {{"bfloat16", bf16}, {"fp8", fp8}, {"fp8_block", block}}},
      {"h100-sxm", "h100_sxm", "context_attention", both},
      {"h100-sxm", "h100_sxm", "generation_attention", both},
      {"h100-sxm", "h100_sxm", "moe", {{"bfloat16", bf16}, {"fp8", fp8}, {"fp8_block", block}, {"w4a16_mxfp4", mxfp4, 73, 257}}},
      {"h200-sxm", "h200_sxm", "gemm", {{"bfloat16", bf16}, {"fp8_block", block, 74.5}}},
      {"h200-sxm", "h200_sxm", "context_attention", wide_only},
      {"h200-sxm", "h200_sxm", "generation_attention", both},
      {"h200-sxm", "h200_sxm", "moe", experts},
      {"b200-sxm", "b200_sxm", "gemm", {{"bfloat16", bf16}, {"nvfp4", same(NumberFormat::nvfp4)}, {"fp8_block", block, 150}}},
      {"b200-sxm", "b200_sxm", "context_attention", wide_only},
      {"b200-sxm", "b200_sxm", "generation_attention", both},
      {"b200-sxm", "b200_sxm", "moe", experts},
  }));
  const auto file = table_file(table);
  if (file.empty()) {
    WARN("no ../shared/reference/kernels: skipped");
    return;
  }
  const auto chip = test::shipped(std::string("configs/chips/") + table.chip + ".yaml", hardware::read_chip);
  std::vector<double> all;
  std::map<std::string, std::vector<double>> errors;
  test::for_every_row(7, file, [&](const Cells& row) {
    for (const Part& part : table.parts) {
      const auto time = predicted(chip, table.kind, part, row);
      if (!time) continue;
      const double error = std::abs(std::log(std::max(time->value() * 1e3, part.host_floor * 1e-3) / get(row, "latency")));
      errors[part.format].push_back(error);
      all.push_back(error);
    }
  });
  INFO(file.filename().string());
  for (const auto& [format, of_format] : errors) {
    INFO(format);
    CHECK(median(of_format) < 0.135);
  }
  REQUIRE(errors.size() == table.parts.size());
  REQUIRE(all.size() > 100);
  CHECK(median(all) < 0.10);
}
