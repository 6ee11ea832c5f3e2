#include "platform/shared_rate.hpp"

#include <algorithm>

namespace podsim::platform {

// Everyone has moved at the rate of the time since the last change.
void SharedRate::settle() {
  const Seconds now = Simulation::now();
  for (Mover* mover : movers_) mover->left = std::max(Bytes(0), mover->left - mover->rate * (now - settled_));
  settled_ = now;
}

// Those with the lowest rates of their own first; the others share what they leave. `who` has changed and knows it.
void SharedRate::divide(const Mover* who) {
  std::stable_sort(movers_.begin(), movers_.end(), [](const Mover* a, const Mover* b) { return a->own < b->own; });
  ByteRate left = total_;
  for (std::size_t i = 0; i < movers_.size(); ++i) {
    Mover& mover = *movers_[i];
    const ByteRate rate = std::min(mover.own, left / static_cast<double>(movers_.size() - i));
    left = left - rate;
    mover.told = rate == mover.rate || &mover == who;
    mover.rate = rate;
  }
  // Others run while one is told, and may leave.
  const auto untold = [&] { return std::find_if(movers_.begin(), movers_.end(), [](const Mover* mover) { return !mover->told; }); };
  for (auto next = untold(); next != movers_.end(); next = untold()) {
    (*next)->told = true;
    (*next)->changed.notify();
  }
}

Process<> SharedRate::move(Bytes bytes, ByteRate own) {
  if (bytes <= Bytes(0)) co_return;
  Mover me{bytes, own, ByteRate(0), true, {}};
  settle();
  movers_.push_back(&me);
  divide(&me);
  while (co_await me.changed.wait_until(Simulation::now() + me.left / me.rate)) settle();
  settle();
  std::erase(movers_, &me);
  divide(nullptr);
}

}  // namespace podsim::platform
