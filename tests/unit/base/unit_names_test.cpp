// Quantities as people write them: every spelling of every dimension, and back to text.
#include "base/unit_names.hpp"

using namespace podsim;

namespace {

// What "2 UNIT" is in base units; the unit must be known.
template <class Q>
double two(const std::string& unit) {
  const auto quantity = parse_quantity<Q>("2 " + unit);
  REQUIRE(quantity);
  return quantity->value();
}

struct Spelling {
  std::string unit;
  double factor;
};
template <class Q>
void check_spellings(const std::vector<Spelling>& spellings) {
  std::string list;
  for (const auto& [unit, factor] : spellings) {
    INFO(unit);
    CHECK(two<Q>(unit) == Approx(2 * factor).epsilon(1e-14));
    list += (list.empty() ? "" : ", ") + unit;
  }
  CHECK(list_units(unit_names<Q>()) == list);
}

template <class Q>
void check_refused(const std::vector<std::string>& texts) {
  for (const std::string& text : texts) {
    INFO(text);
    CHECK_FALSE(parse_quantity<Q>(text).has_value());
  }
}

}  // namespace

TEST_CASE("Each dimension has its spellings, the base unit first") {
  check_spellings<Seconds>({{"s", 1}, {"ms", 1e-3}, {"us", 1e-6}, {"ns", 1e-9}, {"min", 60}, {"h", 3600}});
  check_spellings<Hertz>({{"/s", 1}, {"/min", 1.0 / 60}, {"/h", 1.0 / 3600}});
  check_spellings<Bytes>({{"B", 1},
                          {"KB", 1e3},
                          {"MB", 1e6},
                          {"GB", 1e9},
                          {"TB", 1e12},
                          {"KiB", 1024},
                          {"MiB", 1024.0 * 1024},
                          {"GiB", 1024.0 * 1024 * 1024}});
  check_spellings<ByteRate>({{"B/s", 1}, {"MB/s", 1e6}, {"GB/s", 1e9}, {"TB/s", 1e12}, {"Gb/s", 1e9 / 8}, {"Tb/s", 1e12 / 8}});
  check_spellings<FlopRate>({{"FLOPS", 1}, {"GFLOPS", 1e9}, {"TFLOPS", 1e12}, {"PFLOPS", 1e15}, {"TOPS", 1e12}});
  check_spellings<Watts>({{"W", 1}, {"kW", 1e3}, {"MW", 1e6}});
  check_spellings<Joules>({{"J", 1}, {"kJ", 1e3}, {"MJ", 1e6}, {"kWh", 1000.0 * 3600}});
  check_spellings<Dollars>({{"USD", 1}, {"kUSD", 1e3}, {"MUSD", 1e6}});
}

TEST_CASE("A gigabit a second is an eighth of a gigabyte a second") {
  CHECK(*parse_quantity<ByteRate>("400 Gb/s") / *parse_quantity<ByteRate>("400 GB/s") == 1.0 / 8);
  CHECK(*parse_quantity<ByteRate>("224 Gb/s") == *parse_quantity<ByteRate>("28 GB/s"));
}

TEST_CASE("The number may touch its unit, be negative or have an exponent") {
  CHECK(parse_quantity<Seconds>("2us") == parse_quantity<Seconds>("2 us"));
  CHECK(parse_quantity<Seconds>("2   us") == parse_quantity<Seconds>("2 us"));
  CHECK(parse_quantity<Watts>("-1.5 kW") == Watts(-1500));
  CHECK(parse_quantity<Bytes>("1e3 B") == Bytes(1000));
  CHECK(parse_quantity<Bytes>("0 GB") == Bytes(0));
}

TEST_CASE("A unit of another dimension, or none, is refused") {
  check_refused<Seconds>({"2 B", "2 /s", "2", "2 S", "2 sec"});
  check_refused<Hertz>({"2 s", "2 B/s", "2", "2 Hz"});
  check_refused<Bytes>({"2 GB/s", "2 Gb", "2 s", "2", "2 gb"});
  check_refused<ByteRate>({"2 GB", "2 GiB/s", "2 FLOPS", "2"});
  check_refused<FlopRate>({"2 flop", "2 TB/s", "2", "2 tflops"});
  check_refused<Watts>({"2 J", "2 kWh", "2", "2 w"});
  check_refused<Joules>({"2 W", "2 kW", "2", "2 Wh"});
  check_refused<Dollars>({"2 EUR", "2 W", "2", "$2"});
}

TEST_CASE("What is no number is refused") {
  check_refused<Seconds>({"", "s", "two s", "1,5 s", "1 2 s", "2 s s", "nan s", "inf s", "0x10 s", "1e999 s"});
}

TEST_CASE("A value is written in the largest decimal unit that leaves at least one") {
  CHECK(to_text(Seconds(2e-6)) == "2 us");
  CHECK(to_text(Seconds(0.001)) == "1 ms");
  CHECK(to_text(Seconds(59)) == "59 s");
  CHECK(to_text(Seconds(7200)) == "2 h");
  CHECK(to_text(Hertz(12)) == "12 /s");
  CHECK(to_text(Bytes(999)) == "999 B");
  CHECK(to_text(Bytes(1000)) == "1 KB");
  CHECK(to_text(Bytes(64e9)) == "64 GB");
  CHECK(to_text(ByteRate(50e9)) == "50 GB/s");
  CHECK(to_text(FlopRate(752e12)) == "752 TFLOPS");
  CHECK(to_text(Watts(-1500)) == "-1.5 kW");
  CHECK(to_text(Joules(7.2e6)) == "2 kWh");
  CHECK(to_text(Dollars(8.2e6)) == "8.2 MUSD");
}

TEST_CASE("Zero is written in the base unit, a very small value in the smallest unit") {
  CHECK(to_text(Seconds(0)) == "0 s");
  CHECK(to_text(Bytes(0)) == "0 B");
  CHECK(to_text(Seconds(2e-12)) == "0.002 ns");
  CHECK(to_text(Bytes(0.5)) == "0.5 B");
}

TEMPLATE_TEST_CASE("What is written can be read again", "", Seconds, Hertz, Bytes, ByteRate, FlopRate, Watts, Joules, Dollars) {
  for (const double value : {1.0, 1234.5678, 1e-11, 1.0 / 3, 2e9 / 7, 6.02e23, -42e6}) {
    const std::string text = to_text(TestType(value));
    INFO(text);
    const auto read = parse_quantity<TestType>(text);
    REQUIRE(read);
    CHECK(read->value() == Approx(value).epsilon(1e-11));  // 12 significant digits
  }
}
