// Tables of measurements: CSV with a header, gzipped or not.
#pragma once

#include <array>
#include <catch2/catch.hpp>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace test {

using Cells = std::map<std::string, std::string>;  // of a row, by column

inline std::vector<std::string> cells_of(const char* line) {
  std::vector<std::string> cells(1);
  for (const char* c = line; *c && *c != '\n' && *c != '\r'; ++c) {
    if (*c == ',') cells.emplace_back();
    else cells.back() += *c;
  }
  return cells;
}

// Calls visit(Cells) for every n-th row.
template <class Visit>
void for_every_row(int n, const std::filesystem::path& file, Visit visit) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(("gzip -dcf '" + file.string() + "'").c_str(), "r"), pclose);
  REQUIRE(pipe);
  std::array<char, 4096> line;
  std::vector<std::string> header;
  for (int row = 0; std::fgets(line.data(), line.size(), pipe.get()); ++row) {
    if (row > 0 && row % n != 0) continue;
    const std::vector<std::string> cells = cells_of(line.data());
    if (row == 0) {
      header = cells;
      continue;
    }
    Cells named;
    for (std::size_t i = 0; i < header.size(); ++i) named[header[i]] = cells.at(i);
    visit(named);
  }
}

}  // namespace test
