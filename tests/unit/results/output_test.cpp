// Output files are whole or not there.
#include "results/output.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "support/files.hpp"
#include "support/messages.hpp"

using podsim::RunError;
using podsim::results::OutputFile;
namespace fs = std::filesystem;

namespace {

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

TEST_CASE("A committed file is there under its name alone, with all that was written") {
  const test::TemporaryFolder folder;
  OutputFile file(folder.path() / "a.csv");
  file.stream() << "x\n" << 5;
  CHECK_FALSE(fs::exists(folder.path() / "a.csv"));  // not before it is whole
  file.commit();
  CHECK(names_in(folder.path()) == std::vector<std::string>{"a.csv"});
  CHECK(test::content_of(folder.path() / "a.csv") == "x\n5");
}

TEST_CASE("Many rows are written in blocks, every one of them") {
  const test::TemporaryFolder folder;
  const std::vector<podsim::results::RecordColumn<std::size_t>> columns = {
      {"n", "", "a number", [](const std::size_t& n) { return podsim::results::View(static_cast<std::int64_t>(n)); }}};
  std::string expected;
  constexpr std::size_t count = 100'000;  // of 6 bytes: more than two blocks
  for (std::size_t i = 0; i < count; ++i) expected += std::to_string(i) + "\n";
  OutputFile file(folder.path() / "a.csv");
  podsim::results::write_rows(file, columns, count, [](std::size_t i) { return i; });
  file.commit();
  CHECK(test::content_of(folder.path() / "a.csv") == expected);
}

TEST_CASE("A file that was begun is taken over, and goes on where it ends") {
  const test::TemporaryFolder folder;
  const fs::path begun = folder.write("part", "one\n");
  {
    OutputFile file(folder.path() / "a.csv", begun);
    file.stream() << "two\n";
    file.commit();
  }
  CHECK(names_in(folder.path()) == std::vector<std::string>{"a.csv"});
  CHECK(test::content_of(folder.path() / "a.csv") == "one\ntwo\n");
  CHECK(test::message_of<RunError>([&] {
          OutputFile(folder.path() / "b.csv", begun);
        }).starts_with((folder.path() / "b.csv").string() + ": cannot be written: "));
}

TEST_CASE("Without commit nothing stays, and an older file is as it was") {
  const test::TemporaryFolder folder;
  const fs::path old = folder.write("a.csv", "old");
  {
    OutputFile file(old);
    file.stream() << "new";
    CHECK(test::content_of(old) == "old");
  }
  CHECK(names_in(folder.path()) == std::vector<std::string>{"a.csv"});
  CHECK(test::content_of(old) == "old");
}

TEST_CASE("A commit replaces an older file") {
  const test::TemporaryFolder folder;
  const fs::path old = folder.write("a.csv", "old and longer");
  OutputFile file(old);
  file.stream() << "new";
  file.commit();
  CHECK(test::content_of(old) == "new");
}

TEST_CASE("What could not be written to the end is an error, and leaves nothing") {
  const test::TemporaryFolder folder;
  const fs::path path = folder.path() / "a.csv";
  {
    OutputFile file(path);
    file.stream() << "half";
    file.stream().setstate(std::ios::badbit);  // as a full disk does
    CHECK(test::message_of<RunError>([&] { file.commit(); }) == path.string() + ": could not be written to the end");
  }
  CHECK(names_in(folder.path()).empty());
}

TEST_CASE("A file that cannot take its place is an error, and leaves nothing") {
  const test::TemporaryFolder folder;
  folder.write("a.csv/inside", "a folder has the name");
  {
    OutputFile file(folder.path() / "a.csv");
    CHECK(
        test::message_of<RunError>([&] { file.commit(); }).starts_with((folder.path() / "a.csv").string() + ": cannot be put in place: "));
  }
  CHECK(names_in(folder.path()) == std::vector<std::string>{"a.csv"});
  CHECK(fs::is_directory(folder.path() / "a.csv"));
}

TEST_CASE("A place where nothing can be written is an error that names it") {
  const test::TemporaryFolder folder;
  const fs::path below_file = folder.write("file", "") / "sub";
  CHECK(test::message_of<RunError>([&] {
          OutputFile file(below_file / "a.csv");
        }).starts_with((below_file / "a.csv").string() + ": cannot be written: "));
  CHECK(test::message_of<RunError>([&] {
          podsim::results::prepare_folder(below_file);
        }).starts_with(below_file.string() + ": the output folder cannot be made: "));
}

TEST_CASE("A prepared folder is there, with all above it, and empty") {
  const test::TemporaryFolder folder;
  podsim::results::prepare_folder(folder.path() / "a/b/c");
  CHECK(names_in(folder.path() / "a/b/c").empty());
  podsim::results::prepare_folder(folder.path() / "a/b/c");  // again
  CHECK(names_in(folder.path() / "a/b") == std::vector<std::string>{"c"});
}
