// The set of files: what --set accepts, which files load, and where a name is looked for.
#include "config/document.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "support/files.hpp"
#include "support/shipped.hpp"

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using podsim::InputError;
using podsim::config::Document;
using test::TemporaryFolder;
namespace fs = std::filesystem;

namespace {

// The message of the InputError that `action` throws.
template <class Action>
std::string message_of(Action action) {
  try {
    action();
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

std::string override_error(const std::string& assignment) {
  Document document;
  return message_of([&] { document.add_override(assignment); });
}

}  // namespace

TEST_CASE("An override without key or without equals sign is refused with an example") {
  CHECK(override_error("nodes") == "--set nodes: write key=value, for example workload.requests=1000");
  CHECK(override_error("=4") == "--set =4: write key=value, for example workload.requests=1000");
  CHECK(override_error("") == "--set : write key=value, for example workload.requests=1000");
}

TEST_CASE("An override whose value is no YAML is refused") {
  CHECK_THAT(override_error("nodes=[1, 2"), StartsWith("--set nodes=[1, 2: the value is not YAML: "));
  CHECK(override_error("nodes=[1, 2]").empty());
}

TEST_CASE("Overrides form one tree in which later ones lie over earlier ones") {
  Document document;
  for (const char* assignment : {"a.b=1", "a.c=2", "a.b=3", "d=x=y"}) document.add_override(assignment);
  const YAML::Node& tree = document.overrides();
  CHECK(tree["a"]["b"].Scalar() == "3");
  CHECK(tree["a"]["c"].Scalar() == "2");
  CHECK(tree["d"].Scalar() == "x=y");
}

TEST_CASE("A later override may turn a value into a map and a map into a value") {
  Document document;
  for (const char* assignment : {"a=1", "a.b=2", "c.d=3", "c=4"}) document.add_override(assignment);
  CHECK(document.overrides()["a"]["b"].Scalar() == "2");
  CHECK(document.overrides()["a"]["use"].Scalar() == "1");  // as a name that keys are laid over
  CHECK(document.overrides()["c"].Scalar() == "4");
}

TEST_CASE("A file that is missing, a folder or no YAML is named in the error") {
  TemporaryFolder folder;
  Document document;
  const std::string path = folder.path().string();
  const auto load_error = [&](const std::string& file) { return message_of([&] { document.load(file); }); };
  CHECK(load_error(path + "/none.yaml") == path + "/none.yaml: cannot be read: no such file");
  CHECK(load_error(path) == path + ": is a folder, not a YAML file");
  folder.write("broken.yaml", "a: 1\nb: [1, 2\nc: 3\n");
  CHECK_THAT(load_error(path + "/broken.yaml"), StartsWith(path + "/broken.yaml:") && Contains(": not valid YAML: "));
}

TEST_CASE("A file that holds no map cannot be a configuration") {
  TemporaryFolder folder;
  Document document;
  const auto file = folder.write("list.yaml", "- 1\n- 2\n");
  CHECK(message_of([&] { podsim::config::Node::open(document, file); }) == file.string() + ": holds no keys");
  const auto empty = folder.write("empty.yaml", "");
  CHECK(message_of([&] { podsim::config::Node::open(document, empty); }) == empty.string() + ": holds no keys");
}

TEST_CASE("The user's folder is searched before the project's, and the project's is still found") {
  TemporaryFolder mine;
  const auto own = mine.write("chips/h100-sxm.yaml", "name: mine\n");
  Document document({mine.path()});
  CHECK(fs::equivalent(document.locate("h100-sxm", "chips", ".", "here"), own));
  CHECK(fs::equivalent(document.locate("gb200", "chips", ".", "here"), test::source_dir() / "configs/chips/gb200.yaml"));
  CHECK(fs::equivalent(document.locate("gb200-nvl72", "topologies", ".", "here"), test::source_dir() / "topologies/gb200-nvl72.yaml"));
}

TEST_CASE("The project that holds the referring file comes before this build's") {
  TemporaryFolder other;
  const auto own = other.write("configs/chips/h100-sxm.yaml", "name: theirs\n");
  const auto deep = other.write("studies/deep/study.yaml", "name: study\n").parent_path();
  CHECK(fs::equivalent(Document().locate("h100-sxm", "chips", deep, "here"), own));
}

TEST_CASE("A name with a slash or a file's ending is a path beside the referring file") {
  TemporaryFolder folder;
  const auto file = folder.write("parts/chip.yaml", "name: x\n");
  Document document;
  CHECK(document.locate("parts/chip.yaml", "chips", folder.path(), "here") == file);
  CHECK(document.locate("chip.yaml", "chips", folder.path() / "parts", "here") == file);
  CHECK(document.locate(file.string(), "chips", "/", "here") == file);
  CHECK(document.locate("../parts/chip.yaml", "chips", folder.path() / "parts", "here") == file);
  CHECK(message_of([&] { document.locate("chip.json", "chips", folder.path(), "here"); }) ==
        "here: no such file: " + (folder.path() / "chip.json").string());
}

TEST_CASE("A name that is not found is answered with the names there are, user's and project's") {
  TemporaryFolder mine;
  mine.write("chips/mychip.yaml", "name: mine\n");
  mine.write("chips/notes.txt", "no chip");
  std::vector<std::string> names = {"mychip"};
  for (const auto& file : test::shipped_files("configs/chips")) names.push_back(file.stem().string());
  std::sort(names.begin(), names.end());
  Document document({mine.path()});
  const std::string there_are = fmt::format(" (there are: {})", fmt::join(names, ", "));
  CHECK(message_of([&] { document.locate("mychp", "chips", ".", "here"); }) ==
        "here: no chips named \"mychp\"; did you mean \"mychip\"?" + there_are);
  CHECK(message_of([&] { document.locate("tpu-v5e-pod", "chips", ".", "here"); }) == "here: no chips named \"tpu-v5e-pod\"" + there_are);
}
