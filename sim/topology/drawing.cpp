#include "topology/drawing.hpp"

#include <fmt/format.h>

#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/graphml.hpp>
#include <boost/graph/graphviz.hpp>
#include <fstream>

#include "base/error.hpp"

namespace podsim::topology {
namespace {

using DrawnGraph = boost::adjacency_list<boost::vecS, boost::vecS, boost::undirectedS, Attributes, Attributes>;
using DrawnVertex = DrawnGraph::vertex_descriptor;
using DrawnEdge = DrawnGraph::edge_descriptor;

std::string text_of(const boost::any& value) {
  if (const auto* text = boost::any_cast<std::string>(&value)) return *text;
  if (const auto* number = boost::any_cast<int>(&value)) return fmt::format("{}", *number);
  if (const auto* number = boost::any_cast<long>(&value)) return fmt::format("{}", *number);
  if (const auto* number = boost::any_cast<double>(&value)) return fmt::format("{}", *number);
  if (const auto* number = boost::any_cast<float>(&value)) return fmt::format("{}", *number);
  if (const auto* flag = boost::any_cast<bool>(&value)) return *flag ? "true" : "false";
  return "";
}

// One attribute of all vertices, or of all edges. GraphML declares types; here all is text until podsim's own reader takes it.
template <class Key>
class TextAttribute : public boost::dynamic_property_map {
 public:
  TextAttribute(DrawnGraph& graph, std::string name) : graph_(graph), name_(std::move(name)) {}

  boost::any get(const boost::any& key) override { return get_string(key); }
  std::string get_string(const boost::any& key) override { return graph_[boost::any_cast<Key>(key)][name_]; }
  void put(const boost::any& key, const boost::any& value) override { graph_[boost::any_cast<Key>(key)][name_] = text_of(value); }
  const std::type_info& key() const override { return typeid(Key); }
  const std::type_info& value() const override { return typeid(std::string); }

 private:
  DrawnGraph& graph_;
  std::string name_;
};

Drawing drawing_of(const DrawnGraph& graph) {
  Drawing drawing;
  for (const DrawnVertex v : boost::make_iterator_range(boost::vertices(graph))) drawing.vertices.push_back(graph[v]);
  for (const DrawnEdge& e : boost::make_iterator_range(boost::edges(graph))) {
    drawing.edges.push_back({boost::source(e, graph), boost::target(e, graph), graph[e]});
  }
  return drawing;
}

}  // namespace

Drawing read_drawing(const std::filesystem::path& file) {
  const std::string extension = file.extension().string();
  const bool dot = extension == ".dot" || extension == ".gv";
  if (!dot && extension != ".graphml") {
    throw InputError(fmt::format("\"{}\" is neither GraphML (.graphml) nor DOT (.dot, .gv)", file.filename().string()));
  }
  std::ifstream in(file);
  if (!in) throw InputError(fmt::format("cannot read {}", file.string()));

  DrawnGraph graph;
  boost::dynamic_properties attributes(
      [&](const std::string& name, const boost::any& key, const boost::any&) -> boost::shared_ptr<boost::dynamic_property_map> {
        if (key.type() == typeid(DrawnVertex)) return boost::make_shared<TextAttribute<DrawnVertex>>(graph, name);
        if (key.type() == typeid(DrawnEdge)) return boost::make_shared<TextAttribute<DrawnEdge>>(graph, name);
        return {};  // attributes of the whole graph
      });
  try {
    if (dot) {
      boost::read_graphviz(in, graph, attributes);
    } else {
      boost::read_graphml(in, graph, attributes);
    }
  } catch (const boost::undirected_graph_error&) {
    throw InputError(fmt::format("{} is directed; every link goes both ways, so the graph must be undirected", file.filename().string()));
  } catch (const boost::directed_graph_error&) {
    throw InputError(fmt::format("{} is directed; every link goes both ways, so the graph must be undirected", file.filename().string()));
  } catch (const std::exception& error) {
    std::string what = error.what();
    std::replace(what.begin(), what.end(), '\n', ' ');
    throw InputError(fmt::format("{} is no {}: {}", file.filename().string(), dot ? "DOT" : "GraphML", what));
  }
  return drawing_of(graph);
}

}  // namespace podsim::topology
