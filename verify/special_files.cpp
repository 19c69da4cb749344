#include "verify/special_files.hpp"

#include <algorithm>

#include "host/describe.hpp"
#include "host/heap.hpp"
#include "reader/object_reader.hpp"
#include "verify/fsck_messages.hpp"
#include "verify/read_range.hpp"

namespace docteur {
namespace {

constexpr std::uint64_t kCache = 1 << 20;  // bytes, for bases of deltas

result<done> check_file(const special_file& f, object_reader& objects, oddities& odd) {
  DOCTEUR_TRY(position, objects.index().find(f.id));
  if (!position) return done{};
  const std::uint64_t offset = objects.index().offset(*position);
  const std::uint64_t at = objects.device_offset(offset);
  DOCTEUR_TRY(info, objects.info(offset));
  if (info.type != object_type::blob) {
    odd.add(f.is_gitmodules ? "gitmodulesBlob" : "gitattributesBlob", info.type, f.id, at);
  } else if (info.size > kMostSpecialFile) {
    odd.add(f.is_gitmodules ? "gitmodulesLarge" : "gitattributesLarge", info.type, f.id, at);
  } else {
    DOCTEUR_TRY(object, objects.read(offset));
    const std::string_view content = as_text(object.content.span());
    odd.add(f.is_gitmodules ? fsck_message_of_gitmodules(content) : fsck_message_of_gitattributes(content), info.type,
            f.id, at);
  }
  return done{};
}

}  // namespace

outcome<void> check_special_files(const device& d, const pack_extent& pack, std::vector<special_file> files,
                                  const limits& bounds, oddities& odd, const progress& report) {
  if (files.empty()) return {};
  std::ranges::sort(files);
  files.erase(std::unique(files.begin(), files.end()), files.end());
  const auto run = [&]() -> result<done> {
    DOCTEUR_TRY(index, pack_index::load(d, pack, heap_memory(), bounds));
    DOCTEUR_TRY(objects, object_reader::make(d, index, heap_memory(), bounds, kCache));
    for (const special_file& f : files) {
      if (report.cancelled()) break;
      DOCTEUR_CHECK(check_file(f, objects, odd));
    }
    return done{};
  };
  // Everything was read before without a fault, so a failure now is the device's.
  if (const auto r = run(); !r) return unreadable(r.error());
  return report.cancelled() ? outcome<void>(give_up(blame::environment, "interrupted")) : outcome<void>();
}

}  // namespace docteur
