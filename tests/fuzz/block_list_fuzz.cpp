// Property: a list of blocks that is accepted names blocks of its image only, and writing it gives the same text.
#include "fuzz/property.hpp"
#include "host/block_list.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace docteur;
  const std::string_view text = as_text(fuzz_input(data, size));
  const auto list = parse_block_list(text, "list");
  if (!list) {
    PROPERTY(list.error().who == blame::input && list.error().message.starts_with("list:"));
    return 0;
  }
  PROPERTY(list->blocks.size() <= text.size());
  for (const block_run& run : list->blocks) {
    PROPERTY(run.count > 0 && run.first < list->of.size && run.count <= list->of.size - run.first);
    PROPERTY((run.first + run.count - 1) * kListedBlock < list->of.size);
  }
  const std::string again = block_list_text(*list);
  const auto same = parse_block_list(again, "list");
  PROPERTY(same && same->of == list->of);
  PROPERTY(again == text || again == std::string(text) + "\n");
  return 0;
}
