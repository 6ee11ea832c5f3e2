// Units as types: what may be added, what products and quotients become, and what does not compile.
#include "base/units.hpp"

using namespace podsim;

namespace {

template <class A, class B>
concept Addable = requires(A a, B b) {
  a + b;
};
template <class A, class B>
concept Subtractable = requires(A a, B b) {
  a - b;
};
template <class A, class B>
concept Accumulable = requires(A a, B b) {
  a += b;
};
template <class A, class B>
concept Comparable = requires(A a, B b) {
  a < b;
};
template <class A, class B>
concept Equatable = requires(A a, B b) {
  a == b;
};

template <class Product, class A, class B>
constexpr bool product_is = std::is_same_v<decltype(A() * B()), Product>&& std::is_same_v<decltype(B() * A()), Product>;
template <class Quotient, class A, class B>
constexpr bool quotient_is = std::is_same_v<decltype(A() / B()), Quotient>;

}  // namespace

TEST_CASE("Only equal dimensions can be added, subtracted and compared") {
  STATIC_REQUIRE(Addable<Seconds, Seconds>);
  STATIC_REQUIRE_FALSE(Addable<Seconds, Bytes>);
  STATIC_REQUIRE_FALSE(Addable<Joules, Watts>);
  STATIC_REQUIRE_FALSE(Addable<ByteRate, FlopRate>);
  STATIC_REQUIRE(Subtractable<Bytes, Bytes>);
  STATIC_REQUIRE_FALSE(Subtractable<Bytes, Flops>);
  STATIC_REQUIRE(Accumulable<Dollars, Dollars>);
  STATIC_REQUIRE_FALSE(Accumulable<Dollars, Joules>);
  STATIC_REQUIRE(Comparable<Hertz, Hertz>);
  STATIC_REQUIRE_FALSE(Comparable<Hertz, Seconds>);
  STATIC_REQUIRE_FALSE(Equatable<Hertz, Seconds>);
}

TEST_CASE("A plain number is no quantity until it is named") {
  STATIC_REQUIRE(std::is_constructible_v<Seconds, double>);
  STATIC_REQUIRE_FALSE(std::is_convertible_v<double, Seconds>);
  STATIC_REQUIRE_FALSE(std::is_convertible_v<Seconds, double>);
  STATIC_REQUIRE_FALSE(std::is_assignable_v<Seconds&, double>);
  STATIC_REQUIRE_FALSE(Addable<Seconds, double>);
  STATIC_REQUIRE_FALSE(Accumulable<Seconds, double>);
  STATIC_REQUIRE_FALSE(Comparable<Seconds, double>);
}

TEST_CASE("A quantity of one dimension does not become another") {
  STATIC_REQUIRE_FALSE(std::is_constructible_v<Seconds, Bytes>);
  STATIC_REQUIRE_FALSE(std::is_assignable_v<Seconds&, Hertz>);
  STATIC_REQUIRE(is_quantity<Watts>);
  STATIC_REQUIRE_FALSE(is_quantity<double>);
}

TEST_CASE("Products multiply the dimensions, in either order") {
  STATIC_REQUIRE(product_is<Bytes, ByteRate, Seconds>);
  STATIC_REQUIRE(product_is<Flops, FlopRate, Seconds>);
  STATIC_REQUIRE(product_is<Joules, Watts, Seconds>);
  STATIC_REQUIRE(product_is<ByteRate, Bytes, Hertz>);
  STATIC_REQUIRE(product_is<Watts, Joules, Hertz>);
}

TEST_CASE("Quotients divide the dimensions") {
  STATIC_REQUIRE(quotient_is<ByteRate, Bytes, Seconds>);
  STATIC_REQUIRE(quotient_is<Seconds, Bytes, ByteRate>);
  STATIC_REQUIRE(quotient_is<Seconds, Flops, FlopRate>);
  STATIC_REQUIRE(quotient_is<Seconds, Joules, Watts>);
  STATIC_REQUIRE(quotient_is<Quantity<0, -1, 1, 0, 0>, FlopRate, ByteRate>);  // flops a byte: the ridge of a roofline
  STATIC_REQUIRE(quotient_is<Seconds, double, Hertz>);
  STATIC_REQUIRE(quotient_is<Hertz, double, Seconds>);
}

TEST_CASE("Where the dimensions cancel a double is left") {
  STATIC_REQUIRE(quotient_is<double, Seconds, Seconds>);
  STATIC_REQUIRE(quotient_is<double, ByteRate, ByteRate>);
  STATIC_REQUIRE(product_is<double, Seconds, Hertz>);
  CHECK(Bytes(6) / Bytes(4) == 1.5);
  CHECK(Seconds(4) * Hertz(2.5) == 10.0);
}

TEST_CASE("Arithmetic is that of the values in base units") {
  CHECK((Seconds(3) + Seconds(4)).value() == 7.0);
  CHECK((Seconds(3) - Seconds(4)).value() == -1.0);
  CHECK((-Joules(2)).value() == -2.0);
  CHECK((Bytes(3) * 4).value() == 12.0);
  CHECK((4 * Bytes(3)).value() == 12.0);
  CHECK((Bytes(3) / 4).value() == 0.75);
  CHECK((1 / Hertz(8)).value() == 0.125);
  CHECK((Bytes(100) / ByteRate(50)).value() == 2.0);
  CHECK((Watts(7) * Seconds(3)).value() == 21.0);
  CHECK(Watts().value() == 0.0);
}

TEST_CASE("Accumulation changes the left side") {
  Joules energy(5);
  energy += Joules(3);
  CHECK(energy == Joules(8));
  energy -= Joules(6);
  CHECK(energy == Joules(2));
  energy *= 2.5;
  CHECK(energy == Joules(5));
}

TEST_CASE("Quantities are ordered as their values") {
  CHECK(Seconds(1) < Seconds(2));
  CHECK(Seconds(2) >= Seconds(2));
  CHECK(Seconds(2) == Seconds(2));
  CHECK(Seconds(2) != Seconds(3));
  CHECK_FALSE(Seconds(2) > Seconds(3));
}

TEST_CASE("The named units are powers of a thousand, an hour is 3600 seconds") {
  using namespace podsim::units;
  CHECK(s / ms == Approx(1e3).epsilon(1e-12));
  CHECK(ms / us == Approx(1e3).epsilon(1e-12));
  CHECK(us / ns == Approx(1e3).epsilon(1e-12));
  CHECK(hour / s == 60.0 * 60.0);
  CHECK(KB / B == 1e3);
  CHECK(MB / KB == 1e3);
  CHECK(GB / MB == 1e3);
  CHECK(TB / GB == 1e3);
  CHECK(tflop / gflop == 1e3);
  CHECK(kW / W == 1e3);
  CHECK(kW * hour == 3.6e6 * J);
}
