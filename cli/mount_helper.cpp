#include "cli/mount_helper.hpp"

#include <string_view>

namespace docteur::cli {

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
      call.words.insert(call.words.end(), {"-o", argv[++i]});
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
