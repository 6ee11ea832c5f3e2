// "Did you mean ...?": the known word nearest to a misspelt one.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace podsim::config {

// The word of `known` within two edits (or a third of the length) of `word`; empty when none is near.
std::string nearest(std::string_view word, std::span<const std::string> known);

// `; did you mean "x"?` or "".
std::string did_you_mean(std::string_view word, std::span<const std::string> known);

// "a, b, c".
std::string join(std::span<const std::string> words);

}  // namespace podsim::config
