// Reads the number formats of a deployment.
#include "model/operators.hpp"

namespace podsim::model {

Formats read_formats(config::Node node) {
  Formats formats;
  formats.weights = node.get<NumberFormat>("weights");
  formats.experts = node.get("experts", formats.weights);
  formats.activations = node.get("activations", formats.weights);
  formats.expert_activations = node.get("expert_activations", formats.activations);
  formats.kv = node.get("kv", NumberFormat::bf16);
  formats.attention = node.get("attention", NumberFormat::bf16);
  formats.dispatch = node.get("dispatch", formats.expert_activations);
  node.done();
  return formats;
}

}  // namespace podsim::model
