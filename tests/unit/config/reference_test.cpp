// References: a name or a path in place of a map, `use` with keys over it, and what lies over what.
#include "base/error.hpp"
#include "config/node.hpp"
#include "support/files.hpp"

using podsim::config::Document;
using podsim::config::Node;
using test::TemporaryFolder;

namespace {

// A user's folder with two parts, and an experiment that refers to one.
class Project {
 public:
  explicit Project(const std::string& experiment) {
    folder_.write("parts/fast.yaml", "name: fast\nrate: 9\nsize: {wide: 1, high: 2}\n");
    folder_.write("parts/slow.yaml", "name: slow\nrate: 1\nsize: {wide: 5, high: 6}\n");
    folder_.write("test.yaml", experiment);
  }

  Document& document() { return document_; }
  Node root() { return Node::open(document_, folder_.path() / "test.yaml"); }
  // "name rate wide high" of the part.
  std::string part() {
    Node node = root();
    Node part = node.reference("part", "parts");
    Node size = part.at("size");
    const std::string read =
        fmt::format("{} {} {} {}", part.get<std::string>("name"), part.get<int>("rate"), size.get<int>("wide"), size.get<int>("high"));
    size.done();
    part.done();
    node.done();
    return read;
  }
  // The message of part(), folders cut off.
  std::string error() {
    try {
      part();
    } catch (const podsim::InputError& error) {
      std::string message = error.what();
      const auto file = std::min(message.find("test.yaml"), message.find("fast.yaml"));
      return file == std::string::npos ? message : message.substr(file);
    }
    return "";
  }

 private:
  TemporaryFolder folder_;
  Document document_{{folder_.path()}};
};

}  // namespace

TEST_CASE("A name stands for the file of that name") {
  CHECK(Project("part: fast\n").part() == "fast 9 1 2");
  CHECK(Project("part: {use: slow}\n").part() == "slow 1 5 6");
}

TEST_CASE("A path stands for the file beside the referring one") {
  CHECK(Project("part: parts/fast.yaml\n").part() == "fast 9 1 2");
  CHECK(Project("part: {use: ./parts/slow.yaml}\n").part() == "slow 1 5 6");
}

TEST_CASE("A map without a name stands for itself") {
  CHECK(Project("part: {name: own, rate: 3, size: {wide: 4, high: 4}}\n").part() == "own 3 4 4");
}

TEST_CASE("Keys beside a name lie over the file, map by map") {
  CHECK(Project("part: {use: fast, rate: 7}\n").part() == "fast 7 1 2");
  CHECK(Project("part: {use: fast, size: {high: 8}}\n").part() == "fast 9 1 8");
}

TEST_CASE("What is set lies over a name and over the keys beside it") {
  Project plain("part: fast\n");
  plain.document().add_override("part.size.wide=3");
  CHECK(plain.part() == "fast 9 3 2");
  Project with_keys("part: {use: fast, rate: 7, size: {high: 8}}\n");
  with_keys.document().add_override("part.rate=5");
  CHECK(with_keys.part() == "fast 5 1 8");
}

TEST_CASE("A second name replaces all that lower layers say, their keys included") {
  Project project("part: {use: fast, rate: 7}\n");
  project.document().add_override("part.use=slow");
  CHECK(project.part() == "slow 1 5 6");
  Project plain("part: {use: fast, rate: 7}\n");
  plain.document().add_override("part=slow");
  CHECK(plain.part() == "slow 1 5 6");
  plain.document().add_override("part.rate=3");
  CHECK(plain.part() == "slow 3 5 6");
}

TEST_CASE("Keys over a second name stay") {
  Project project("part: {use: fast, rate: 7}\n");
  project.document().add_overlay({YAML::Load("part: {use: slow, size: {wide: 3}}"), "sweep.yaml"});
  project.document().add_override("part.size.high=4");
  CHECK(project.part() == "slow 1 3 4");
}

TEST_CASE("The name that is looked up is known, in all its forms") {
  CHECK(Project("part: fast\n").root().reference_name("part") == "fast");
  CHECK(Project("part: {use: fast, rate: 7}\n").root().reference_name("part") == "fast");
  CHECK(Project("part: {rate: 7}\n").root().reference_name("part").empty());
  Project set("part: fast\n");
  set.document().add_override("part.use=slow");
  CHECK(set.root().reference_name("part") == "slow");
}

TEST_CASE("A mistake in the file that is referred to is blamed on that file, without the way to it") {
  Project project("part: {use: fast, size: {depth: 1}}\n");
  CHECK(project.error() == "test.yaml:1: part.size.depth: unknown key \"depth\" (allowed: high, wide)");
  Project overlaid("part: fast\n");
  overlaid.document().add_override("part.rate=quick");
  CHECK(overlaid.error() == "--set part.rate: \"quick\" is not a whole number");
  TemporaryFolder folder;
  folder.write("fast.yaml", "name: fast\nrate: 9\nsize: {wide: 1, high: x}\n");
  Project wrong("part: " + (folder.path() / "fast.yaml").string() + "\n");
  CHECK(wrong.error() == "fast.yaml:3: size.high: \"x\" is not a whole number");
}

TEST_CASE("A name without a file is answered with a suggestion and the names there are") {
  CHECK(Project("part: fsat\n").error() == "test.yaml:1: part: no parts named \"fsat\"; did you mean \"fast\"? (there are: fast, slow)");
  CHECK(Project("note: x\npart: {rate: 1,\n  use: other}\n").error() ==
        "test.yaml:3: part: no parts named \"other\" (there are: fast, slow)");
  Project set("part: fast\n");
  set.document().add_override("part=slwo");
  CHECK(set.error() == "--set part: no parts named \"slwo\"; did you mean \"slow\"? (there are: fast, slow)");
}

TEST_CASE("A path without a file is answered with the path") {
  CHECK_THAT(Project("part: parts/none.yaml\n").error(),
             Catch::StartsWith("test.yaml:1: part: no such file: ") && Catch::EndsWith("/parts/none.yaml"));
}

TEST_CASE("A list is no reference") {
  CHECK(Project("part: [fast]\n").error() == "test.yaml:1: part: must be a map of keys");
  CHECK(Project("part: {use: [fast]}\n").error() == "test.yaml:1: part.use: must be a name");
}
