// A graph as a file draws it: vertices and edges with named attributes, all of them text.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace podsim::topology {

using Attributes = std::map<std::string, std::string>;

struct Drawing {
  struct Edge {
    std::size_t from;
    std::size_t to;
    Attributes attributes;
  };
  std::vector<Attributes> vertices;  // of a DOT file with "node_id", the vertex's name
  std::vector<Edge> edges;
};

// Reads an undirected graph: .graphml as GraphML, .dot and .gv as DOT.
// Throws InputError, without a place, when the file cannot be read, is neither or holds something else.
Drawing read_drawing(const std::filesystem::path& file);

}  // namespace podsim::topology
