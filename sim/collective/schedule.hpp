// Collectives as data: steps of flows between the ranks of a group, and which pieces of the data each flow carries.
#pragma once

#include <vector>

#include "base/units.hpp"

namespace podsim::collective {

// Some of the equal pieces into which an operation cuts its data: first, first + stride, first + 2 * stride, ...
struct Pieces {
  int first = 0;
  int count = 1;
  int stride = 1;
};

struct Flow {
  int from;  // rank in the group
  int to;
  Bytes bytes;
  Pieces pieces = {};
};

// What happens at the receiver: what arrives is added to what is there, or takes its place.
enum class Arrival { replaces, adds };

// Traffic that switches combine or copy on its way, so that a link carries it once (NVLS, SHARP).
struct Tree {
  enum class Kind {
    reduce,     // what all members hold is added up on the way to the root
    multicast,  // what the root holds is copied on the way to all members
    both,       // added up in the network and copied back to all members
  };
  Kind kind;
  int root;        // a member; its own part goes through the switch too
  Pieces members;  // ranks
  Bytes bytes;     // on every link of the tree
  Pieces pieces = {};
};

// Flows that start together; the next step starts when the last has arrived, or overlaps.
struct Step {
  std::vector<Flow> flows;
  int repeat = 1;  // how often in a row; in repetition i pieces move on by i * shift, round within blocks of `wrap` pieces
  std::vector<Tree> trees = {};
  Arrival arrival = Arrival::replaces;  // of the flows
  int depth = 1;  // above 1: a pipeline, in which what a flow brings is passed on at once by flows and trees that stand after it;
                  // all links are busy together, and the latency counts `depth` times
  int shift = 0;
  int wrap = 1;
  Bytes local = {};       // that each rank copies within its own memory in all repetitions (its own piece into the result, staging buffers)
  bool overlaps = false;  // in a pipeline with the step before and its repetitions: their links are busy at the same time
};

using Schedule = std::vector<Step>;

// The pieces of a flow or tree of `step` in its repetition `i`.
Pieces pieces_of(const Step& step, Pieces pieces, int i);

// The same schedule in every group of `size` neighbouring ranks at once: groups share links as they do in a step of a model.
Schedule side_by_side(const Schedule& schedule, int size, int ranks);

// Latencies that a schedule waits for one after the other.
int latencies(const Schedule& schedule);

}  // namespace podsim::collective
