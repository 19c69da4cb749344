#include "cli/mount_helper.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace docteur::cli {
namespace {

// Options of the command that fstab has no other place for.
constexpr std::array<std::string_view, 17> kOwn{
    "at=",   "versions",   "digest=",   "cache=",         "no-cache",    "cache-bound=",
    "from=", "record=",    "prefetch=", "prefetch-rate=", "ca-file=",    "token-file=",
    "netrc", "plain-http", "timeout=",  "retries=",       "connections="};

bool is_own(std::string_view option) {
  return std::ranges::any_of(
      kOwn, [&](std::string_view own) { return own.ends_with('=') ? option.starts_with(own) : option == own; });
}

// Appends "-o OPTIONS" to `words`, with options of the command as words of their own.
void add_options(std::string_view options, std::vector<std::string>& words) {
  std::string others;
  for (std::size_t at = 0; at <= options.size();) {
    const std::size_t comma = std::min(options.find(',', at), options.size());
    const std::string_view option = options.substr(at, comma - at);
    at = comma + 1;
    if (is_own(option)) {
      words.push_back("--" + std::string(option));
    } else {
      others += (others.empty() ? "" : ",") + std::string(option);
    }
  }
  words.insert(words.end(), {"-o", others});
}

}  // namespace

helper_call read_helper_call(int argc, const char* const* argv) {
  helper_call call;
  call.words.assign(argv, argv + argc);
  if (argc == 0) return call;
  const std::string_view program = argv[0];
  call.is_helper = program.substr(program.rfind('/') + 1).starts_with("mount.");
  if (!call.is_helper) return call;
  call.words = {argv[0]};
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "-t" || word == "-N") {
      ++i;
    } else if (word == "-o" && i + 1 < argc) {
      add_options(argv[++i], call.words);
    } else if (word.size() > 1 && word[0] == '-' && word.find_first_not_of("sfnv", 1) == word.npos) {
      call.is_fake |= word.find('f') != word.npos;
      if (word.find('v') != word.npos) call.words.emplace_back("-v");
    } else {
      call.words.emplace_back(word);
    }
  }
  return call;
}

}  // namespace docteur::cli
