// Whether a system kept pace with what arrived.
#pragma once

#include <string_view>

#include "metrics/run_log.hpp"

namespace podsim::metrics {

// OVERLOADED: the queue grows: fewer requests begin than arrive, and latencies would grow for ever.
// BACKLOGGED: no growing queue, but no steady state either: the number in the system still rises (batches fill), or at some time more
// than 5 % of all requests waited at once (a burst). Latencies depend on how long the run is.
// STABLE: neither: latencies are those of a steady state.
// not_applicable: closed loops and batches, whose arrivals offer no rate, and fewer than 100 arrivals.
enum class Verdict { not_applicable, stable, backlogged, overloaded };

struct Pace {
  Verdict verdict = Verdict::not_applicable;
  // Of the queue, in requests an arrival, over the second half of the arrivals: the share of what is offered that the system does not
  // begin. Of a single server above capacity 1 - 1 / load.
  double growth = 0;
};

// "n/a", "STABLE", "BACKLOGGED" or "OVERLOADED".
std::string_view name_of(Verdict verdict);

// Looks at the second half of the time from the first arrival to the last, so that filling up and the drain after the last arrival do not
// count, at 21 times. A number grows when its increments between them say so (drift.hpp) and it rises by at least 1 % of the arrivals.
// Utilisation takes no part: an engine with a single sequence is always busy.
Pace pace_of(const RunLog& log);

}  // namespace podsim::metrics
