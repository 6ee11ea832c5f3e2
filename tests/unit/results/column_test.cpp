// Cells as they stand in a CSV file.
#include "results/column.hpp"

#include <fmt/format.h>

#include <cmath>

using podsim::results::Cell;
using podsim::results::to_csv;

TEST_CASE("Numbers are written with nine significant digits, counts with all") {
  CHECK(to_csv(Cell(0.0)) == "0");
  CHECK(to_csv(Cell(0.1)) == "0.1");
  CHECK(to_csv(Cell(1.0 / 3)) == "0.333333333");
  CHECK(to_csv(Cell(123456789012.0)) == "1.23456789e+11");
  CHECK(to_csv(Cell(-2.5)) == "-2.5");
  CHECK(to_csv(Cell(std::int64_t{1234567890123456789})) == "1234567890123456789");
  CHECK(to_csv(Cell(std::int64_t{-3})) == "-3");
}

TEST_CASE("A written number is the number to nine digits") {
  for (double x = 1.23456789123e-12; x < 1e13; x *= 37.7) CHECK(std::stod(to_csv(Cell(x))) == Approx(x).epsilon(5e-9));
}

TEST_CASE("Texts are quoted where they must be, and quotes doubled") {
  const auto [text, written] = GENERATE(table<std::string, std::string>({{"plain text", "plain text"},
                                                                         {"", ""},
                                                                         {"a,b", "\"a,b\""},
                                                                         {"say \"hi\"", "\"say \"\"hi\"\"\""},
                                                                         {"two\nlines", "\"two\nlines\""},
                                                                         {"semi;colon", "semi;colon"}}));
  CHECK(to_csv(Cell(text)) == written);
}

TEST_CASE("Records are written with twelve significant digits, a week to the microsecond") {
  const auto written = [](podsim::results::View cell) {
    std::string line = "before,";
    podsim::results::append_csv(cell, line);
    return line.substr(7);
  };
  CHECK(written(604799.123456) == "604799.123456");
  CHECK(written(1.0 / 3) == "0.333333333333");
  CHECK(written(0.1 + 0.2) == "0.3");
  CHECK(written(std::int64_t{-1234567890123456789}) == "-1234567890123456789");
  CHECK(written("plain") == "plain");
  CHECK(written("say \"hi\"") == "\"say \"\"hi\"\"\"");
}

TEST_CASE("A number in a record is the one that twelve digits say, large or small") {
  for (double x = 1.23456789012345e-14; x < 1e17; x *= -37.7) {
    std::string line;
    podsim::results::append_csv(x, line);
    CHECK(std::stod(line) == Approx(std::stod(fmt::format("{:.12g}", x))).epsilon(1e-15));
    CHECK(line.size() <= fmt::format("{:.12g}", x).size() + 4);
  }
}

TEST_CASE("Records follow one another as lines") {
  struct Point {
    double x;
    std::string name;
  };
  const std::vector<podsim::results::RecordColumn<Point>> columns = {
      {"x_m", "m", "how far", [](const Point& p) { return podsim::results::View(p.x); }},
      {"name", "", "what", [](const Point& p) { return podsim::results::View(p.name); }},
  };
  std::string text = podsim::results::header(columns);
  for (const Point& point : {Point{1.5, "a"}, Point{2, "b,c"}}) podsim::results::append_row(columns, point, text);
  CHECK(text == "x_m,name\n1.5,a\n2,\"b,c\"\n");
}

TEST_CASE("A row is its cells between commas, and one line") {
  CHECK(to_csv(std::vector<Cell>{std::string("a"), std::int64_t{1}, 0.5, std::string()}) == "a,1,0.5,\n");
}

TEST_CASE("Header and row come from the same columns") {
  struct Point {
    double x;
    std::int64_t n;
  };
  const std::vector<podsim::results::Column<Point>> columns = {
      {"x_m", "m", "how far", [](const Point& p) { return Cell(p.x); }},
      {"n", "", "how many", [](const Point& p) { return Cell(p.n); }},
  };
  CHECK(podsim::results::header(columns) == "x_m,n\n");
  CHECK(to_csv(podsim::results::row(columns, Point{1.5, 7})) == "1.5,7\n");
}
