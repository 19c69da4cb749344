#include "verify/pack_examination.hpp"

#include <tbb/parallel_invoke.h>

#include <algorithm>
#include <memory>

#include "verify/foretold_pack.hpp"
#include "verify/idx_check.hpp"
#include "verify/object_check.hpp"
#include "verify/pack_scan.hpp"
#include "verify/pack_walk.hpp"
#include "verify/read_range.hpp"
#include "verify/restart_check.hpp"

namespace docteur {
namespace {

using examination = std::unique_ptr<pack_examination>;

// Where entries are, by IDX or by walking the PACK.
struct entry_places {
  std::vector<std::uint64_t> offsets;
  std::uint64_t end = kPackHeaderSize;  // PACK offset behind the last one
  bool is_complete = true;
};

class examiner {
 public:
  examiner(const device& d, const pack_frame& frame, const verify_options& options, progress& report)
      : device_(d), frame_(frame), options_(options), report_(report) {}

  outcome<examination> run() {
    examination by_idx;
    std::vector<std::uint64_t> idx_offsets;
    if (frame_.index != nullptr) {
      DOCTEUR_TRY(good, examine_foretold());
      if (good) return good;
      DOCTEUR_TRY(places, places_of_idx());
      DOCTEUR_TRY(e, examine(places));
      const bool back_to_back = places.offsets.empty() || places.offsets.front() == kPackHeaderSize;
      if (back_to_back && places.offsets.size() == frame_.count && !e->resolved.bad_extent) return e;
      by_idx = std::move(e);
      idx_offsets = std::move(places.offsets);
    }
    DOCTEUR_TRY(walked, walk());
    if (by_idx && (walked.stopped || walked.offsets == idx_offsets)) return finish(std::move(by_idx));
    by_idx.reset();
    DOCTEUR_TRY(e, examine({std::move(walked.offsets), walked.end, !walked.stopped}));
    if (walked.stopped) e->found.add(*walked.stopped);
    return finish(std::move(e));
  }

 private:
  examination finish(examination e) const {
    if (e->is_complete && e->pack.entries.size() != frame_.count)
      e->found.add(errc::malformed, kPackOffset + 8,
                   "PACK holds " + std::to_string(e->pack.entries.size()) + " objects, its header says " +
                       std::to_string(frame_.count));
    const auto& entries = e->pack.entries;
    if (!entries.empty() && entries.front().offset != kPackHeaderSize)
      e->found.add(errc::malformed, kPackOffset + kPackHeaderSize, "bytes before the first entry");
    return e;
  }

  outcome<walked_pack> walk() const {
    const std::uint32_t most = options_.bounds.objects;
    return walk_pack(device_, kPackHeaderSize,
                     {frame_.limit, frame_.limit_is_end, frame_.limit_is_end ? most : std::min(frame_.count, most),
                      frame_.commit.kind()},
                     report_);
  }

  outcome<entry_places> places_of_idx() const {
    entry_places p;
    p.offsets.reserve(frame_.index->view().count());
    for (const std::uint32_t position : frame_.index->order())
      p.offsets.push_back(frame_.index->view().offset(position));
    if (frame_.limit_is_end) {
      p.end = frame_.limit;
    } else if (!p.offsets.empty()) {
      // Only the last entry itself shows where it ends.
      DOCTEUR_TRY(last, walk_pack(device_, p.offsets.back(), {frame_.limit, false, 1, frame_.commit.kind()}, report_));
      p.end = last.end;
      if (last.stopped) {
        DOCTEUR_TRY(data_end, end_of_data(p.offsets.back() + 1));
        p.end = std::max(p.offsets.back() + 1, data_end - std::min(data_end, pack_trailer_size(frame_.commit.kind())));
        p.is_complete = false;
      }
    }
    return p;
  }

  // Returns the PACK offset behind the last nonzero byte from `from` on, at most the frame's limit.
  outcome<std::uint64_t> end_of_data(std::uint64_t from) const {
    std::uint64_t end = from;
    const std::uint64_t to = frame_.limit + pack_trailer_size(frame_.commit.kind());
    DOCTEUR_CHECK(for_each_piece(device_, kPackOffset + from, kPackOffset + to, [&](bytes piece, std::uint64_t at) {
      const auto last = std::find_if(piece.rbegin(), piece.rend(), [](std::byte b) { return b != std::byte{0}; });
      if (last != piece.rend()) end = at - kPackOffset + static_cast<std::uint64_t>(piece.rend() - last);
      return outcome<void>();
    }));
    return std::min(end, frame_.limit);
  }

  outcome<examination> examine(const entry_places& places) {
    auto e = std::make_unique<pack_examination>(options_.faults);
    e->end = places.end;
    e->is_complete = places.is_complete;
    report_.phase("scanning", 0);
    DOCTEUR_TRY(pack, scan_pack(device_, places.offsets, places.end, frame_.commit.kind(), e->found, report_));
    e->pack = std::move(pack);
    compare_with_idx(*e);
    DOCTEUR_CHECK(resolve(*e));
    return e;
  }

  // Scans and resolves side by side; nullptr unless all of it is right.
  outcome<examination> examine_foretold() {
    if (frame_.entries == nullptr || !frame_.limit_is_end || frame_.count != frame_.index->order().size())
      return examination();
    DOCTEUR_TRY(foretold, foretell_pack(device_, *frame_.entries, *frame_.index, frame_.limit, frame_.commit.kind()));
    if (!foretold) return examination();
    auto e = std::make_unique<pack_examination>(options_.faults);
    e->end = frame_.limit;
    e->pack = std::move(*foretold);
    outcome<std::optional<oid>> checksum;
    outcome<void> resolved;
    tbb::parallel_invoke([&] { resolved = resolve(*e); },
                         [&] { checksum = scan_foretold(device_, e->pack, e->end, frame_.commit.kind(), report_); });
    DOCTEUR_CHECK(resolved);
    DOCTEUR_CHECK(checksum);
    if (!*checksum || e->resolved.bad_extent) return examination();
    e->pack.checksum = **checksum;
    compare_with_idx(*e);
    return e->found.count() == 0 ? std::move(e) : examination();
  }

  void compare_with_idx(pack_examination& e) const {
    if (frame_.index == nullptr) return;
    docteur::compare_with_idx(frame_.index->view(), frame_.index->order(), frame_.idx_offset, e.pack, e.found);
  }

  // Rebuilds all objects of e.pack.
  outcome<void> resolve(pack_examination& e) {
    const idx_view* idx = frame_.index != nullptr ? &frame_.index->view() : nullptr;
    restart_check restarts;
    if (frame_.restarts != nullptr) {
      DOCTEUR_TRY(loaded, restart_check::load(device_, *frame_.restarts, e.pack, e.found));
      restarts = std::move(loaded);
    }
    if (frame_.hash_content) e.content_hashes.resize(e.pack.entries.size());
    object_check check(idx, frame_.commit.kind(), frame_.wanted, options_, e.found, e.odd, e.content_hashes);
    report_.phase("checking", e.pack.entries.size());
    DOCTEUR_TRY(resolved, resolve_objects(device_, e.pack, restarts, check, options_, e.found, report_));
    e.resolved = std::move(resolved);
    check.finish();
    e.edges_are_complete = check.edges_are_complete();
    e.contents = std::move(check).contents();
    e.special_files = std::move(check).special_files();
    return {};
  }

  device device_;
  const pack_frame& frame_;
  const verify_options& options_;
  progress& report_;
};

}  // namespace

outcome<examination> examine_pack(const device& d, const pack_frame& frame, const verify_options& options,
                                  progress& report) {
  return examiner(d, frame, options, report).run();
}

}  // namespace docteur
