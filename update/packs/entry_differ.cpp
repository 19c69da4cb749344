#include "update/packs/entry_differ.hpp"

#include <algorithm>

#include "host/describe.hpp"
#include "layout/image_header.hpp"

namespace docteur {
namespace {

constexpr std::byte kStoredLevel{0x01};  // the second byte of a zlib stream (RFC 1950, 2.2): how it was made
constexpr std::byte kMiddleLevel{0x9c};
// From this level on, libdeflate takes ten times as long as below, and nearly all of docteur-patch's time goes there. A
// stream then travels as it is if that adds less than a byte for so many that need not be deflated again.
constexpr int kSlowLevel = 10;
constexpr std::uint64_t kDeflatedForOne = 6;
constexpr std::size_t kLeastLarge = 32u << 10;  // bytes of content: fewer have no restart points

}  // namespace

entry_differ::entry_differ(image_side& old_side, image_side& new_side, const update_codecs& codecs, batch_writer& out)
    : old_(old_side), new_(new_side), out_(out), codecs_(codecs), guess_(old_side.pack.places), streams_(codecs) {
  const auto& places = old_.pack.places;
  for (std::uint32_t k = 0; k < places.size(); ++k) {
    by_key_.emplace(old_.keys[k], k);
    if (old_.paths[k] == 0) continue;
    by_path_.emplace(old_.paths[k], k);
    by_name_.emplace(old_.names[k], k);
  }
}

outcome<void> entry_differ::run(progress& report) {
  report.phase("comparing", new_.pack.places.size());
  for (std::uint32_t i = 0; i < new_.pack.places.size(); ++i) {
    if (report.cancelled()) return give_up(blame::environment, "interrupted");
    DOCTEUR_CHECK(take(i));
    report.advance(1);
  }
  DOCTEUR_CHECK(end_run());
  return out_.flush();
}

outcome<void> entry_differ::take(std::uint32_t i) {
  if (const std::uint32_t k = find_copy(i); k != kNoPackEntry) return copy(i, k);
  DOCTEUR_CHECK(end_run());
  if (!new_.odd_headers[i]) {
    DOCTEUR_TRY(is_made, make(i));
    if (is_made) return {};
  }
  return raw(i);
}

// The old entry with the same stream: the one that follows the last one copied if it is, else the first of them.
std::uint32_t entry_differ::find_copy(std::uint32_t i) const {
  const pack_place& p = new_.pack.places[i];
  const auto fits = [&](std::uint32_t k) {
    const pack_place& o = old_.pack.places[k];
    return o.size == p.size && (new_.odd_headers[i] || o.type == p.type);
  };
  const std::uint32_t next = guess_.next_copy();
  if (next < old_.keys.size() && old_.keys[next] == new_.keys[i] && fits(next)) return next;
  const auto found = by_key_.find(new_.keys[i]);
  return found != by_key_.end() && fits(found->second) ? found->second : kNoPackEntry;
}

outcome<void> entry_differ::copy(std::uint32_t i, std::uint32_t k) {
  const pack_place& p = new_.pack.places[i];
  ++statistics_.copied;
  statistics_.copied_bytes += p.stream_size();
  const std::uint8_t flags = new_.odd_headers[i] ? kWholeHeader : base_flag(i, k);
  if (run_count_ > 0 && (flags != 0 || k != run_first_ + run_count_)) DOCTEUR_CHECK(end_run());
  const std::uint32_t expected = guess_.next_copy();
  guess_.copied(k, i);
  if (flags == 0) {
    if (run_count_++ == 0) run_first_ = k, run_expected_ = expected;
    return {};
  }
  out_.control.push_back(static_cast<std::byte>(static_cast<std::uint8_t>(entry_kind_in_update::copies) | flags));
  put_number(out_.control, 0);
  put_number(out_.control, folded(std::int64_t{k} - std::int64_t{expected}));
  if (flags == kWholeHeader) put_header(i);
  put_base(i, flags);
  return out_.end_record(1);
}

outcome<void> entry_differ::end_run() {
  while (run_count_ > 0) {
    const std::uint32_t count = std::min<std::uint32_t>(run_count_, kMostBatchEntries / 4);
    out_.control.push_back(static_cast<std::byte>(entry_kind_in_update::copies));
    put_number(out_.control, count - 1);
    put_number(out_.control, folded(std::int64_t{run_first_} - std::int64_t{run_expected_}));
    run_first_ += count;
    run_expected_ = run_first_;
    run_count_ -= count;
    DOCTEUR_CHECK(out_.end_record(count));
  }
  return {};
}

outcome<void> entry_differ::raw(std::uint32_t i) {
  const pack_place& p = new_.pack.places[i];
  ++statistics_.raw;
  statistics_.raw_bytes += p.stream_size();
  const std::uint8_t flags = new_.odd_headers[i] ? kWholeHeader : base_flag(i, kNoPackEntry);
  out_.control.push_back(static_cast<std::byte>(static_cast<std::uint8_t>(entry_kind_in_update::stream) | flags));
  put_number(out_.control, p.stream_size());
  if (flags == kWholeHeader) {
    put_header(i);
  } else {
    out_.control.push_back(static_cast<std::byte>(p.type));
    put_number(out_.control, p.size);
    put_base(i, flags);
  }
  return out_.end_record(new_.disk, kPackOffset + p.stream_at(), p.stream_size());
}

// False if the stream has to travel as it is.
outcome<bool> entry_differ::make(std::uint32_t i) {
  const pack_place& p = new_.pack.places[i];
  DOCTEUR_TRY(what, new_.contents->get(i));
  if (what == nullptr) return false;
  DOCTEUR_CHECK(new_.contents->read_stream(i, stream_));
  DOCTEUR_TRY(kind, reproduce(i, what));
  if (kind) {
    DOCTEUR_TRY(content, give(i, what));
    const std::size_t deflated = *kind == entry_kind_in_update::delta ? inflated_.size() : what->size();
    if (content.copies.size() > kMostBatch / 2 || is_too_slow(i, *kind, deflated, content.cost)) return false;
    DOCTEUR_CHECK(put_made(i, *kind, content, what->size()));
    return true;
  }
  // The instructions of a delta that was found in another way.
  if (!is_delta(p.type)) return false;
  DOCTEUR_TRY(fits, new_.contents->inflate(i, inflated_));
  if (!fits || !std::ranges::equal(streams_.deflate(inflated_, true), stream_)) return false;
  given plain;
  plain.literals = inflated_;
  DOCTEUR_CHECK(put_made(i, entry_kind_in_update::deflate, plain, inflated_.size()));
  return true;
}

bool entry_differ::is_too_slow(std::uint32_t i, entry_kind_in_update kind, std::size_t deflated,
                               std::uint64_t cost) const {
  const bool of_delta = kind == entry_kind_in_update::delta;
  if (!of_delta && kind != entry_kind_in_update::deflate) return false;
  if ((of_delta ? codecs_.delta_level : codecs_.whole_level) < kSlowLevel) return false;
  const std::uint64_t stream = new_.pack.places[i].stream_size();
  return stream - std::min(stream, cost) < deflated / kDeflatedForOne;
}

outcome<std::optional<entry_kind_in_update>> entry_differ::reproduce(std::uint32_t i,
                                                                     const pack_contents::content& what) {
  const pack_place& p = new_.pack.places[i];
  if (!is_delta(p.type)) return reproduce_whole(*what);
  DOCTEUR_TRY(base, new_.contents->get(p.base));
  DOCTEUR_TRY(fits, new_.contents->inflate(i, inflated_));
  if (base == nullptr || !fits) return std::nullopt;
  const bytes made = streams_.instructions(p.base, base, *what);
  if (!std::ranges::equal(made, inflated_)) return std::nullopt;
  if (!std::ranges::equal(streams_.deflate(inflated_, true), stream_)) return std::nullopt;
  return entry_kind_in_update::delta;
}

outcome<std::optional<entry_kind_in_update>> entry_differ::reproduce_whole(bytes what) {
  if (stream_.size() < 2) return std::nullopt;
  const std::byte level = stream_[1];
  if (level == kStoredLevel && std::ranges::equal(streams_.store(what), stream_)) return entry_kind_in_update::stored;
  if (level == kMiddleLevel && what.size() > kLeastLarge) {
    DOCTEUR_TRY(made, streams_.large(what));
    if (std::ranges::equal(made, stream_)) return entry_kind_in_update::large;
  }
  if (!std::ranges::equal(streams_.deflate(what, false), stream_)) return std::nullopt;
  return entry_kind_in_update::deflate;
}

// The old object that content is probably like: the same object, or the one of its path, or of its name.
std::uint32_t entry_differ::find_relative(std::uint32_t i) const {
  if (const std::uint32_t same = old_.pack.find(new_.pack.ids[i]); same != kNoPackEntry) return same;
  if (i == new_.commit) return old_.commit;
  if (new_.paths[i] == 0) return kNoPackEntry;
  if (const auto found = by_path_.find(new_.paths[i]); found != by_path_.end()) return found->second;
  if (const auto found = by_name_.find(new_.names[i]); found != by_name_.end()) return found->second;
  return kNoPackEntry;
}

outcome<entry_differ::given> entry_differ::give(std::uint32_t i, const pack_contents::content& what) {
  const pack_place& p = new_.pack.places[i];
  given best;
  const std::uint32_t relative = find_relative(i);
  if (relative != kNoPackEntry && old_.pack.ids[relative] == new_.pack.ids[i]) {
    DOCTEUR_TRY(old_content, old_.contents->get(relative));
    if (old_content != nullptr && *old_content == *what) {
      best.how = content_kind::same;
      best.place = relative;
      return best;
    }
  }
  best.literals = *what;
  best.cost = what->size();
  if (relative != kNoPackEntry) DOCTEUR_CHECK(try_against(i, what, content_kind::from_old, relative, best));
  if (p.base != kNoPackEntry && best.cost > p.size / 2)
    DOCTEUR_CHECK(try_against(i, what, content_kind::from_new, p.base, best));
  return best;
}

outcome<void> entry_differ::try_against(std::uint32_t i, const pack_contents::content& what, content_kind how,
                                        std::uint32_t place, given& best) {
  if (how == content_kind::from_new && place >= i) return {};
  image_side& side = how == content_kind::from_old ? old_ : new_;
  DOCTEUR_TRY(base, side.contents->get(place));
  if (base == nullptr) return {};
  copies_.set_base(*base);
  given other;
  other.how = how;
  other.place = place;
  copies_.encode(*what, other.copies, other.literals);
  other.cost = other.copies.size() + other.literals.size();
  if (other.cost < best.cost) best = std::move(other);
  return {};
}

outcome<void> entry_differ::put_made(std::uint32_t i, entry_kind_in_update kind, const given& content,
                                     std::size_t size) {
  const pack_place& p = new_.pack.places[i];
  ++statistics_.rebuilt;
  statistics_.rebuilt_bytes += p.stream_size();
  const bool from_old = content.how == content_kind::same || content.how == content_kind::from_old;
  const std::uint8_t flags = base_flag(i, from_old ? content.place : kNoPackEntry);
  out_.control.push_back(static_cast<std::byte>(static_cast<std::uint8_t>(kind) | flags));
  out_.control.push_back(static_cast<std::byte>(p.type));
  out_.control.push_back(static_cast<std::byte>(content.how));
  if (from_old) put_number(out_.control, folded(std::int64_t{content.place} - std::int64_t{guess_.next_content()}));
  if (content.how == content_kind::from_new) put_number(out_.control, i - content.place);
  if (content.how != content_kind::same) put_number(out_.control, size);
  put_base(i, flags);
  out_.copies.insert(out_.copies.end(), content.copies.begin(), content.copies.end());
  out_.literals.insert(out_.literals.end(), content.literals.begin(), content.literals.end());
  if (from_old) guess_.content_of(content.place, i);
  return out_.end_record(1);
}

void entry_differ::put_header(std::uint32_t i) {
  const pack_place& p = new_.pack.places[i];
  put_number(out_.control, p.header_size);
  std::vector<std::byte> header(p.header_size);
  // The same bytes were read when the image was loaded; a device that fails now makes a pack that does not verify.
  if (read_exactly(new_.disk, kPackOffset + p.offset, header))
    out_.literals.insert(out_.literals.end(), header.begin(), header.end());
}

std::uint8_t entry_differ::base_flag(std::uint32_t i, std::uint32_t like) const {
  const pack_place& p = new_.pack.places[i];
  return is_delta(p.type) && guess_.base_like(like) != p.base ? kOtherBase : std::uint8_t{0};
}

void entry_differ::put_base(std::uint32_t i, std::uint8_t flags) {
  if ((flags & kOtherBase) != 0) put_number(out_.control, i - new_.pack.places[i].base);
}

}  // namespace docteur
