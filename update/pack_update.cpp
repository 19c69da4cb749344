#include "update/pack_update.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "base/printable.hpp"
#include "base/unique_fd.hpp"
#include "object/result.hpp"
#include "remote/image_download.hpp"
#include "update/packs/pack_name.hpp"
#include "update/packs/pack_patch.hpp"
#include "update/packs/pack_streams.hpp"
#include "update/seeded_target.hpp"

namespace docteur {
namespace {

namespace fs = std::filesystem;

fs::path pack_target(const fs::path& target) { return target.native() + ".dpk"; }

// Applies one pack.
class beside {
 public:
  beside(const pack_update& update, partial_file& file, progress& report)
      : update_(update), file_(file), progress_(report) {}

  outcome<pack_report> run() {
    DOCTEUR_TRY(origin, origin_of_url(update_.url));
    DOCTEUR_TRY(client, range_client::unpinned(std::move(origin), optional()));
    const std::string shown = printable(client->shown());
    const auto accept = [this](bytes head, std::uint64_t size) { return check(head, size); };
    const auto download = image_download::start(std::move(client), update_.http, pack_target(update_.target), accept);
    outcome<void> done = fetch_and_apply(*download, shown);
    report_.counters = download->counters();
    if (progress_.cancelled()) return give_up(blame::environment, "interrupted");
    report_.is_done = done && file_.present_bytes() == file_.size();
    if (!done) say(std::move(done.error()), shown);
    if (report_.is_done || !report_.why_not.empty()) discard_pack(update_.target);
    return report_;
  }

 private:
  http_options optional() const {
    http_options how = update_.http;
    how.may_be_absent = true;
    return how;
  }

  // The pack's first bytes.
  outcome<void> check(bytes head, std::uint64_t size) {
    DOCTEUR_TRY(header, decode_update_header(head));
    if (header.new_size != file_.size() || header.old_size > update_.old_image.size)
      return give_up(blame::input, "an update pack for other images");
    if (size > file_.size()) return give_up(blame::input, "an update pack that is larger than the image");
    return {};
  }

  outcome<void> fetch_and_apply(image_download& download, const std::string& shown) {
    DOCTEUR_CHECK(download.wait_for_head());
    report_.pack_bytes = download.size();
    report_.resumed_bytes = download.resumed_bytes();
    DOCTEUR_CHECK(download.run(progress_));
    const unique_fd pack(::open(download.file().path().c_str(), O_RDONLY | O_CLOEXEC));
    if (!pack) return give_up(blame::environment, shown + ": " + std::strerror(errno));
    descriptor_stream stream(pack.get(), shown);
    return apply(stream);
  }

  outcome<void> apply(byte_stream& pack) {
    DOCTEUR_TRY(header, read_update_header(pack));
    DOCTEUR_TRY(old_image, check_old_image(update_.old_image, header, update_.old_shown, progress_));
    const digest_view digests = update_.digests.view();
    std::vector<std::byte> section(digest_section_size(digests.head().image_size));
    const device known = update_.known.view(file_.size());
    if (!read_exactly(known, digests.head().offset, section)) return damaged_update("no digests to compare it with");
    seeded_file blocks(file_);
    blocks.compare_with(update_.digests);
    seeded_target target(file_, blocks, digests.head(), section);
    DOCTEUR_CHECK(target.begin(update_.known.parts().front().content));
    return apply_update(old_image, header, pack, target, progress_);
  }

  void say(failure why, const std::string& shown) {
    if (why.who == blame::input) {
      report_.why_not = why.message.starts_with(shown) ? why.message : shown + ": " + why.message;
    } else {
      report_.none = std::move(why.message);
    }
  }

  const pack_update& update_;
  partial_file& file_;
  progress& progress_;
  pack_report report_;
};

}  // namespace

std::string update_pack_url(const std::string& url, const oid& old_digest, const oid& new_digest) {
  const std::string whole = url.substr(0, url.find('#'));
  const std::size_t end = std::min(whole.find('?'), whole.size());
  return whole.substr(0, end) + update_pack_suffix(old_digest, new_digest) + whole.substr(end);
}

bool is_pack_begun(const fs::path& target) { return partial_file::is_begun(pack_target(target)); }

void discard_pack(const fs::path& target) { partial_file::remove(pack_target(target)); }

outcome<pack_report> apply_pack_beside(const pack_update& update, partial_file& file, progress& report) {
  return beside(update, file, report).run();
}

}  // namespace docteur
