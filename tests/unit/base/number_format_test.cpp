// Number formats: their names and the bytes that an element takes.
#include "base/number_format.hpp"

using namespace podsim;

TEST_CASE("An element takes its bits over eight, and a share of a scale in fp4") {
  CHECK(bytes_per_element(NumberFormat::fp32) == 32.0 / 8);
  CHECK(bytes_per_element(NumberFormat::bf16) == 16.0 / 8);
  CHECK(bytes_per_element(NumberFormat::fp8) == 8.0 / 8);
  CHECK(bytes_per_element(NumberFormat::int8) == 8.0 / 8);
  const double block = 16;  // NVFP4: one FP8 scale for 16 elements
  CHECK(bytes_per_element(NumberFormat::fp4) == (block * 4 / 8 + 1) / block);
}

TEST_CASE("A format is found by its name and has that name") {
  CHECK(number_format_from("fp32") == NumberFormat::fp32);
  CHECK(number_format_from("int8") == NumberFormat::int8);
  for (int i = 0; i < number_format_count; ++i) {
    const auto format = static_cast<NumberFormat>(i);
    CHECK(number_format_from(name_of(format)) == format);
  }
}

TEST_CASE("Other names are no formats") {
  for (const char* name : {"", "FP8", "fp16", "fp8 ", "int"}) {
    INFO(name);
    CHECK_FALSE(number_format_from(name).has_value());
  }
}

TEST_CASE("The list of formats names each of them in order") { CHECK(list_number_formats() == "fp32, bf16, fp8, int8, fp4"); }
