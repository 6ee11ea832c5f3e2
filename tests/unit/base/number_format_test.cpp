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

TEST_CASE("Block formats carry a scale for each of their blocks") {
  CHECK(bytes_per_element(NumberFormat::mxfp4) == (32 * 4 / 8 + 1) / 32.0);  // OCP MX 1.0
  CHECK(bytes_per_element(NumberFormat::nvfp4) == (16 * 4 / 8 + 1) / 16.0);
  CHECK(bytes_per_element(NumberFormat::fp8_block) == (128 * 128 + 4) / (128 * 128.0));  // arXiv 2412.19437
  CHECK(bytes_per_element(NumberFormat::int4) == (128 * 4 / 8 + 2) / 128.0);
}

TEST_CASE("A product runs in the wider operand's arithmetic") {
  CHECK(arithmetic_of(NumberFormat::nvfp4) == NumberFormat::fp4);
  CHECK(arithmetic_of(NumberFormat::fp8_block) == NumberFormat::fp8);
  CHECK(arithmetic_of(NumberFormat::mxfp4, NumberFormat::bf16) == NumberFormat::bf16);
  CHECK(arithmetic_of(NumberFormat::mxfp4, NumberFormat::fp8) == NumberFormat::fp8);
  CHECK(arithmetic_of(NumberFormat::bf16, NumberFormat::fp8) == NumberFormat::bf16);
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

TEST_CASE("The list of formats names each of them in order") {
  CHECK(list_number_formats() == "fp32, bf16, fp8, fp8_block, int8, int4, fp4, nvfp4, mxfp4");
}
