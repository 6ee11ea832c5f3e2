// Measured kernel times of a chip, interpolated between the shapes that were measured.
#pragma once

#include <filesystem>
#include <istream>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/number_format.hpp"
#include "compute/shape.hpp"

namespace podsim::compute {

// A CSV with the header operator,format,sequences,tokens,heads,kv_heads,width,window,cache_bytes,m,n,k,experts,bytes,time_us
// (any order, further columns pass), as scripts/measure_gpu.py writes it; an operator has no use for the other cells:
//   gemm               m, n, k; without the quantisation of its activations
//   grouped_gemm       m = token copies routed at random, experts, n, k
//   attention_prefill  sequences, tokens, heads, kv_heads, width, window, cache_bytes
//   attention_decode   the same, tokens = context
//   vector             bytes read and written by an element-wise kernel
// A time is linear in m or bytes, and bilinear in sequences and tokens, between neighbouring measurements; every other
// dimension must be a measured one. Outside there is no time.
class MeasuredTable {
 public:
  // Throws InputError "file:line: key: what" for a missing column, an unknown operator or format, a bad number or a shape's second time.
  static MeasuredTable read(const std::filesystem::path& file);
  static MeasuredTable read(std::istream& in, const std::string& shown_as);

  std::optional<Seconds> time(NumberFormat format, const Shape& shape) const;

 private:
  using Row = std::map<double, double>;        // along the second axis: seconds
  using Grid = std::map<double, Row>;          // along the first
  std::map<std::vector<double>, Grid> grids_;  // by what must match exactly
};

}  // namespace podsim::compute
