// Networks drawn in GraphML and DOT files.
#include "support/clusters.hpp"

using namespace podsim;
using topology::Topology;

namespace {

const std::string dot =
    "graph own {\n"
    "  g0 [endpoint=0]; g1 [endpoint=1]; g2 [endpoint=2]; g3 [endpoint=3, label=\"the last\"];\n"
    "  s [switch=leaf];\n"
    "  g0 -- s [link=cable]; g1 -- s [link=cable]; g2 -- s [link=cable, links=2]; g3 -- s [link=cable];\n"
    "}\n";

std::string graphml(const std::string& last_edge) {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
         "<graphml xmlns=\"http://graphml.graphdrawing.org/xmlns\">\n"
         "<key id=\"k0\" for=\"node\" attr.name=\"endpoint\" attr.type=\"int\"/>\n"
         "<key id=\"k1\" for=\"node\" attr.name=\"switch\" attr.type=\"string\"/>\n"
         "<key id=\"k2\" for=\"edge\" attr.name=\"link\" attr.type=\"string\"/>\n"
         "<key id=\"k3\" for=\"edge\" attr.name=\"links\" attr.type=\"long\"/>\n"
         "<graph id=\"G\" edgedefault=\"undirected\">\n"
         "<node id=\"a\"><data key=\"k0\">0</data></node><node id=\"b\"><data key=\"k0\">1</data></node>\n"
         "<node id=\"c\"><data key=\"k0\">2</data></node><node id=\"d\"><data key=\"k0\">3</data></node>\n"
         "<node id=\"s\"><data key=\"k1\">leaf</data></node>\n"
         "<edge source=\"a\" target=\"s\"><data key=\"k2\">cable</data></edge>\n"
         "<edge source=\"b\" target=\"s\"><data key=\"k2\">cable</data></edge>\n"
         "<edge source=\"c\" target=\"s\"><data key=\"k2\">cable</data><data key=\"k3\">2</data></edge>\n" +
         last_edge + "</graph></graphml>\n";
}
const std::string last = "<edge source=\"d\" target=\"s\"><data key=\"k2\">cable</data></edge>\n";

// A plane over two nodes of two endpoints drawn in this file.
std::string text_with(const std::filesystem::path& file) {
  return fmt::format(
      "name: t\nchip: h100-sxm\nnodes: 2\npackages_per_node: 2\nnode_power: 1 kW\nplanes:\n  net:\n    kind: file\n    file: {}\n"
      "    switches: {{leaf: {{name: s, ports: 5, power: 7 W}}}}\n    links: {{cable: {}}}\n",
      file.string(), test::link("10 GB/s", "1 us"));
}

Topology read(const std::string& name, const std::string& content) {
  test::TemporaryFolder folder;
  test::Yaml yaml(text_with(folder.write(name, content)));
  return topology::read_topology(yaml.root(), app::topology_kinds());
}

std::string error_of(const std::string& name, const std::string& content) {
  test::TemporaryFolder folder;
  return test::Yaml(text_with(folder.write(name, content))).error_of([](config::Node node) {
    topology::read_topology(std::move(node), app::topology_kinds());
  });
}

// `dot` with one piece of it replaced.
std::string dot_with(const std::string& piece, const std::string& other) {
  std::string text = dot;
  return text.replace(text.find(piece), piece.size(), other);
}

}  // namespace

TEST_CASE("A DOT file and a GraphML file of one network make the same cluster") {
  const Topology clusters[] = {read("own.dot", dot), read("own.gv", dot), read("own.graphml", graphml(last))};
  for (const Topology& own : clusters) {
    CHECK(own.planes[0].switches == 1);
    CHECK(own.planes[0].links == 5);
    CHECK(own.planes[0].power == Watts(7));
    CHECK(own.graph.vertex(4).role == "leaf");
    int cables[4] = {};
    own.graph.for_each_link(4, 0, [&](int link, int endpoint) {
      ++cables[endpoint];
      CHECK(own.graph.link(link).bandwidth == ByteRate(10e9));
    });
    CHECK(std::vector<int>(cables, cables + 4) == std::vector<int>{1, 1, 2, 1});
  }
}

TEST_CASE("A drawing without the attributes it needs is refused by vertex or edge") {
  const std::string place = "test.yaml:9: planes.net.file: ";
  CHECK(error_of("own.dot", dot_with("[endpoint=1]", "")) ==
        place + "vertex \"g1\": needs one of the attributes \"endpoint\" and \"switch\"");
  CHECK(error_of("own.dot", dot_with("endpoint=1", "endpoint=0")) == place + "vertex \"g1\": is endpoint 0, and so is vertex \"g0\"");
  CHECK(error_of("own.dot", dot_with("endpoint=1", "endpoint=one")) ==
        place + "vertex \"g1\": endpoint \"one\" is not a whole number of at least 0");
  CHECK(error_of("own.dot", dot_with("switch=leaf", "switch=laef")) ==
        place + "vertex \"s\": \"laef\" is not one of switches (there are: leaf); did you mean \"leaf\"?");
  CHECK(error_of("own.dot", dot_with("g1 -- s [link=cable]", "g1 -- s")) ==
        place + "edge from \"g1\" to \"s\": lacks the attribute \"link\"");
  CHECK(error_of("own.dot", dot_with("links=2", "links=0")) ==
        place + "edge from \"g2\" to \"s\": links \"0\" is not a whole number of at least 1");
  CHECK(error_of("own.graphml", graphml("<edge source=\"d\" target=\"s\"/>\n")) ==
        place + "edge from 3 (counted from 0) to 4 (counted from 0): lacks the attribute \"link\"");
}

TEST_CASE("A drawing that does not fit the plane is refused") {
  CHECK(error_of("own.dot", dot_with("endpoint=3", "endpoint=4")) ==
        "test.yaml:9: planes.net.file: edge from \"g3\" to \"s\": there is no endpoint 4 (the plane joins 4, counted from 0)");
  CHECK(error_of("own.graphml", graphml("")) == "test.yaml:8: planes.net: endpoint 3 has no path to endpoint 0");
  CHECK(error_of("own.dot", dot_with("links=2", "links=3")) == "test.yaml:8: planes.net: a leaf switch would need 6 ports and has 5");
}

TEST_CASE("A file that is no undirected graph is refused in one line") {
  CHECK_THAT(error_of("own.dot", "digraph { a -> b; }"), Catch::Contains("own.dot is directed"));
  CHECK_THAT(error_of("own.dot", "graph { a -- "), Catch::Contains("own.dot is no DOT: "));
  CHECK_THAT(error_of("own.graphml", "<graphml><graph"), Catch::Contains("own.graphml is no GraphML: "));
  CHECK_THAT(error_of("own.txt", dot), Catch::Contains("\"own.txt\" is neither GraphML (.graphml) nor DOT (.dot, .gv)"));
  for (const char* text : {"graph { a -- ", "graph { a [", "", "{"}) CHECK(error_of("own.dot", text).find('\n') == std::string::npos);
  test::Yaml missing(text_with("/nowhere/own.dot"));
  CHECK_THAT(missing.error_of([](config::Node node) { topology::read_topology(std::move(node), app::topology_kinds()); }),
             Catch::Contains("planes.net.file: cannot read /nowhere/own.dot"));
}
