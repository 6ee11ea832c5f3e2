// Physical quantities as types: seconds, bytes, flops, joules, dollars and their products and quotients.
#pragma once

#include <compare>
#include <type_traits>

namespace podsim {

// A double with a dimension: powers of second, byte, flop, joule and dollar, in that order.
// Mixing dimensions does not compile; a quotient of equal dimensions is a plain double.
template <int T, int B, int F, int E, int D>
class Quantity {
 public:
  constexpr Quantity() = default;
  constexpr explicit Quantity(double value) : value_(value) {}

  // The value in the base unit (s, B, flop, J, $ and their combinations).
  constexpr double value() const { return value_; }

  constexpr Quantity& operator+=(Quantity other) {
    value_ += other.value_;
    return *this;
  }
  constexpr Quantity& operator-=(Quantity other) {
    value_ -= other.value_;
    return *this;
  }
  constexpr Quantity& operator*=(double factor) {
    value_ *= factor;
    return *this;
  }
  constexpr Quantity operator-() const { return Quantity(-value_); }
  friend constexpr Quantity operator+(Quantity a, Quantity b) { return Quantity(a.value_ + b.value_); }
  friend constexpr Quantity operator-(Quantity a, Quantity b) { return Quantity(a.value_ - b.value_); }
  friend constexpr Quantity operator*(Quantity a, double k) { return Quantity(a.value_ * k); }
  friend constexpr Quantity operator*(double k, Quantity a) { return Quantity(k * a.value_); }
  friend constexpr Quantity operator/(Quantity a, double k) { return Quantity(a.value_ / k); }
  friend constexpr auto operator<=>(Quantity a, Quantity b) = default;

 private:
  double value_ = 0;
};

namespace detail {
template <int T, int B, int F, int E, int D>
constexpr auto make_quantity(double value) {
  if constexpr (T == 0 && B == 0 && F == 0 && E == 0 && D == 0) {
    return value;
  } else {
    return Quantity<T, B, F, E, D>(value);
  }
}
}  // namespace detail

template <int T1, int B1, int F1, int E1, int D1, int T2, int B2, int F2, int E2, int D2>
constexpr auto operator*(Quantity<T1, B1, F1, E1, D1> a, Quantity<T2, B2, F2, E2, D2> b) {
  return detail::make_quantity<T1 + T2, B1 + B2, F1 + F2, E1 + E2, D1 + D2>(a.value() * b.value());
}
template <int T1, int B1, int F1, int E1, int D1, int T2, int B2, int F2, int E2, int D2>
constexpr auto operator/(Quantity<T1, B1, F1, E1, D1> a, Quantity<T2, B2, F2, E2, D2> b) {
  return detail::make_quantity<T1 - T2, B1 - B2, F1 - F2, E1 - E2, D1 - D2>(a.value() / b.value());
}
template <int T, int B, int F, int E, int D>
constexpr auto operator/(double k, Quantity<T, B, F, E, D> q) {
  return Quantity<-T, -B, -F, -E, -D>(k / q.value());
}

using Seconds = Quantity<1, 0, 0, 0, 0>;
using Hertz = Quantity<-1, 0, 0, 0, 0>;
using Bytes = Quantity<0, 1, 0, 0, 0>;
using ByteRate = Quantity<-1, 1, 0, 0, 0>;
using Flops = Quantity<0, 0, 1, 0, 0>;  // floating or integer operations; a multiply-add is two
using FlopRate = Quantity<-1, 0, 1, 0, 0>;
using Joules = Quantity<0, 0, 0, 1, 0>;
using Watts = Quantity<-1, 0, 0, 1, 0>;
using Dollars = Quantity<0, 0, 0, 0, 1>;

template <class>
inline constexpr bool is_quantity = false;
template <int T, int B, int F, int E, int D>
inline constexpr bool is_quantity<Quantity<T, B, F, E, D>> = true;

namespace units {
inline constexpr Seconds s{1}, ms{1e-3}, us{1e-6}, ns{1e-9}, hour{3600};
inline constexpr Bytes B{1}, KB{1e3}, MB{1e6}, GB{1e9}, TB{1e12};
inline constexpr Flops flop{1}, gflop{1e9}, tflop{1e12};
inline constexpr Joules J{1};
inline constexpr Watts W{1}, kW{1e3};
}  // namespace units

}  // namespace podsim
