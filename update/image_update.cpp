#include "update/image_update.hpp"

#include <algorithm>
#include <vector>

#include "base/printable.hpp"
#include "host/describe.hpp"
#include "host/file_device.hpp"
#include "host/image_digests.hpp"
#include "layout/image_header.hpp"
#include "object/result.hpp"
#include "remote/partial_file.hpp"
#include "update/assembly.hpp"
#include "update/listed_ranges.hpp"
#include "update/pack_update.hpp"
#include "update/seeded_file.hpp"

namespace docteur {
namespace {

constexpr std::uint64_t kHead = 4 << 10;       // bytes of the first request
constexpr std::uint64_t kTable = 16 << 10;     // bytes before IDX: the table, and room before and behind the digests
constexpr std::uint64_t kSections = 64 << 10;  // bytes before IDX that come with it
constexpr std::size_t kPiece = 1 << 20;        // bytes copied at once

constexpr std::size_t kMostRequests = 190;       // for zlib streams
constexpr std::size_t kFewRequests = 16;         // so many are in flight or next in any case
constexpr std::size_t kMostParts = 64;           // of a request: servers refuse what looks like an attack
constexpr std::size_t kParts = 8;                // of a request where few suffice
constexpr std::uint64_t kPartCost = 128;         // bytes of the head of a part
constexpr std::uint64_t kRequestCost = 1 << 10;  // bytes of the heads of a request and its answer

class updater {
 public:
  updater(range_client& client, const update_source& from, const std::optional<served_image>& packs,
          const std::optional<oid>& pin, const std::string& shown, progress& report)
      : client_(client), from_(from), packs_(packs), pin_(pin), shown_(shown), progress_(report) {}

  outcome<update_report> run(const std::filesystem::path& target) {
    DOCTEUR_TRY(streams, stream_index::load(from_.image));
    if (!streams) return nothing(from_.shown + ": " + streams.error().what);
    progress_.phase("updating", 0);
    if (auto head = fetch_known({{0, kHead}}); !head) {
      if (client_.sends_whole_files()) return nothing(shown_ + ": the server sends whole files only");
      return tl::make_unexpected(std::move(head.error()));
    }
    DOCTEUR_TRY(file, partial_file::open(target, client_.version().size, version_text(client_.version())));
    file_.emplace(std::move(file));
    result_.was_changed = file_->was_changed();
    result_.resumed_bytes = file_->present_bytes();
    outcome<update_report> done = go_on(target, *streams);
    // What came before a failure need not be fetched again, even after a power failure.
    const outcome<void> synced = file_->sync();
    if (done && !synced) return tl::make_unexpected(synced.error());
    return done;
  }

 private:
  outcome<update_report> go_on(const std::filesystem::path& target, const stream_index& streams) {
    if (packs_ && (result_.resumed_bytes == 0 || is_pack_begun(target))) DOCTEUR_CHECK(try_pack(target));
    if (result_.way == update_way::pack) return result_;
    blocks_.emplace(*file_);
    for (const known_parts::part& p : result_.known.parts()) DOCTEUR_CHECK(write(p.at, p.content));
    covered_ = result_.known.ranges();
    DOCTEUR_TRY(device, file_device::open(file_->path()));
    DOCTEUR_TRY(frame, fetch_tail(device.view()));
    if (!frame) return nothing(shown_ + ": " + frame.error().what);
    auto digests = image_digests::load(device.view());
    if (!digests) return nothing(shown_ + ": " + digests.error().what);
    if (pin_) DOCTEUR_CHECK(load_pinned(device.view(), {&*pin_, 1}, shown_));
    blocks_->compare_with(*digests);
    DOCTEUR_TRY(entries, entry_table::load(device.view(), *frame));
    if (!entries) return nothing(shown_ + ": " + entries.error().what);
    DOCTEUR_TRY(remade, remade_streams::make(*entries, from_.image, streams, progress_));
    result_.remade_bytes = remade.size();
    const assembly parts(*entries, from_.image, streams, std::move(remade));
    if (parts.found_bytes() == 0) return nothing(from_.shown + ": it has nothing of this image");
    DOCTEUR_CHECK(fetch_and_copy(parts));
    result_.way = update_way::ranges;
    result_.reused_bytes = parts.found_bytes();
    result_.wrong_blocks = blocks_->wrong_blocks();
    return result_;
  }

  outcome<update_report> nothing(std::string why) {
    result_.why_nothing = std::move(why);
    return result_;
  }

  // The name of a pack follows from the digests of both images. An image without one has no pack.
  outcome<void> try_pack(const std::filesystem::path& target) {
    const std::uint64_t size = file_->size();
    const auto own = image_digests::load(from_.image);
    const auto header = decode_image_header(head(), size);
    if (!own || !header || size > kMostDigested) return {};
    const std::uint64_t before = std::min(header->idx_offset, digest_section_size(size) + kTable);
    const byte_range tail{header->idx_offset - before, before};
    DOCTEUR_CHECK(fetch_known(without({tail}, result_.known.ranges())));
    const auto digests = image_digests::load(result_.known.view(size));
    if (!digests || digests->view().head().image_size != size) return {};
    if (digests->digest() == own->digest() || (pin_ && digests->digest() != *pin_)) return {};
    const pack_update update{update_pack_url(packs_->url, own->digest(), digests->digest()),
                             packs_->http,
                             from_.image,
                             from_.shown,
                             result_.known,
                             *digests,
                             target};
    DOCTEUR_TRY(report, apply_pack_beside(update, *file_, progress_));
    result_.pack_counters = report.counters;
    result_.bad_pack = report.why_not;
    result_.no_pack = report.none;
    if (!report.is_done) return {};
    result_.way = update_way::pack;
    result_.pack_bytes = report.pack_bytes;
    result_.resumed_bytes = report.resumed_bytes;
    return {};
  }

  [[nodiscard]] bytes head() const { return result_.known.parts().front().content; }

  // Fetches ranges into memory.
  outcome<void> fetch_known(const range_list& ranges) {
    if (ranges.empty()) return {};
    listed_ranges fetch(client_, ranges, [this](std::uint64_t at, bytes piece) {
      result_.known.add(at, piece);
      return outcome<void>();
    });
    return fetch.wait(progress_);
  }

  // Fetches what is missing of these ranges, which are not covered yet.
  outcome<void> fetch(const range_list& ranges) {
    covered_ = joined(covered_, ranges);
    const range_list asked = without(ranges, blocks_->present());
    if (asked.empty()) return {};
    listed_ranges work(client_, asked, [this](std::uint64_t at, bytes piece) { return write(at, piece); });
    return work.wait(progress_);
  }

  outcome<void> write(std::uint64_t at, bytes piece) {
    progress_.add_bytes(piece.size());
    return blocks_->write(at, piece);
  }

  // Fetches all behind the entries of the PACK. The inner error: the server's file is not an image with a section
  // table.
  outcome<result<image_frame>> fetch_tail(const device& disk) {
    const auto header = decode_image_header(head(), disk.size);
    if (!header) return result<image_frame>(tl::make_unexpected(header.error()));
    const range_list whole{{0, disk.size}};
    const std::uint64_t from = header->idx_offset - std::min(header->idx_offset, kSections);
    DOCTEUR_CHECK(fetch(without(whole, joined({{0, std::max<std::uint64_t>(from, 1)}}, covered_))));
    const auto frame = image_frame::read(disk);
    if (!frame) return frame;
    if (!frame->has_table)
      return result<image_frame>(fail(errc::not_found, header->idx_offset, "the image has no section table"));
    DOCTEUR_CHECK(fetch(without(whole, joined({{0, kPackOffset + frame->pack_end}}, covered_))));
    return frame;
  }

  // Asks for several ranges at once. Only an answer shows whether the server knows that: the first request is alone,
  // and the plan for the others follows from what it brings.
  outcome<void> fetch_and_copy(const assembly& parts) {
    const range_list here = joined(covered_, blocks_->present());
    const range_list wanted =
        merged(without(parts.missing(), here), {.gap = kPartCost, .requests = kMostRequests * kMostParts});
    const range_list copied = without({{0, file_->size()}}, joined(wanted, here));
    if (wanted.empty()) return copy(parts, copied);
    range_list spans = grouped(wanted, std::clamp(wanted.size() / kParts, kFewRequests, kMostRequests));
    const range_list first{spans.front()};
    DOCTEUR_CHECK(start(first, wanted).wait(progress_));
    spans.erase(spans.begin());
    if (!client_.may_send_parts())
      spans = merged(without(wanted, first), {.gap = kRequestCost, .requests = kMostRequests - 1});
    listed_ranges& work = start(std::move(spans), wanted);
    DOCTEUR_CHECK(copy(parts, copied));
    return work.wait(progress_);
  }

  listed_ranges& start(range_list spans, range_list wanted) {
    work_.reset();
    return work_.emplace(client_, std::move(spans), std::move(wanted),
                         [this](std::uint64_t at, bytes piece) { return write(at, piece); });
  }

  // An old image that cannot be read to its end leaves the blocks behind missing.
  outcome<void> copy(const assembly& parts, const range_list& ranges) {
    std::vector<std::byte> buffer(kPiece);
    for (const byte_range& r : ranges) {
      for (std::uint64_t at = r.offset; at < r.offset + r.size;) {
        if (progress_.cancelled()) return give_up(blame::environment, "interrupted");
        const mutable_bytes piece =
            mutable_bytes(buffer).first(std::min<std::uint64_t>(kPiece, r.offset + r.size - at));
        if (!parts.read(at, piece)) return {};
        DOCTEUR_CHECK(write(at, piece));
        at += piece.size();
      }
    }
    return {};
  }

  range_client& client_;
  const update_source& from_;
  const std::optional<served_image>& packs_;
  const std::optional<oid>& pin_;
  const std::string& shown_;
  progress& progress_;
  std::optional<partial_file> file_;
  std::optional<seeded_file> blocks_;  // of file_
  range_list covered_;                 // written, or present
  std::optional<listed_ranges> work_;
  update_report result_;
};

}  // namespace

outcome<update_report> update_partial_file(range_client& client, const std::filesystem::path& target,
                                           const update_source& from, const std::optional<served_image>& packs,
                                           const std::optional<oid>& pin, const std::string& shown, progress& report) {
  return updater(client, from, packs, pin, shown, report).run(target);
}

}  // namespace docteur
