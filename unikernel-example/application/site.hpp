#pragma once
// A mounted image as one loop sees it: its paths and its checked content. Used by the loop's thread only. Responses in
// progress share ownership of it, so it may be replaced at any time.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "pack/inflate.hpp"
#include "reader/image_reader.hpp"
#include "unikernel-example/application/mounted_image.hpp"
#include "unikernel-example/application/open_reads.hpp"
#include "unikernel-example/application/text_signs.hpp"

namespace docteur::cache_vm {

// What is known about an object without its content.
struct object_facts {
  std::uint32_t position;  // in IDX
  object_type type;
  oid id;
  std::uint64_t size;  // bytes
  bool delta;
  bool streams;                        // too large to be built whole
  std::optional<zlib_extent> deflate;  // of a blob worth sending as it is in the PACK
  text_signs signs;                    // known once its content was read
};

class site {
 public:
  // Errors: those of image_reader::make() and inflater::make().
  [[nodiscard]] static result<std::shared_ptr<site>> make(std::shared_ptr<mounted_image> of);
  site(const site&) = delete;
  site& operator=(const site&) = delete;
  ~site() = default;

  [[nodiscard]] mounted_image& shared() noexcept { return *shared_; }
  [[nodiscard]] const std::string& disk_name() const noexcept { return shared_->disk_name(); }
  [[nodiscard]] const docteur::image& image() const noexcept { return shared_->image(); }
  // Of the image's commit.
  [[nodiscard]] const docteur::snapshot& snapshot() const noexcept { return shared_->snapshot(); }
  [[nodiscard]] image_reader& reader() noexcept { return *reader_; }

  // Follows symbolic links inside the version `in`. Errors that mean "not there" satisfy is_absent().
  [[nodiscard]] result<node> find(const docteur::snapshot& in, std::string_view path);
  [[nodiscard]] result<node> find(std::string_view path) { return find(snapshot(), path); }
  // The path, free of links, of the directory that `path` leads to. Errors: as find(), and wrong_kind.
  [[nodiscard]] result<std::string> folder(const docteur::snapshot& in, std::string_view path);
  [[nodiscard]] result<std::string> folder(std::string_view path) { return folder(snapshot(), path); }
  // Valid until the next call of a member function.
  [[nodiscard]] result<const object_facts*> facts(const node& n);
  [[nodiscard]] result<const object_facts*> facts(const oid& id);
  [[nodiscard]] result<const object_facts*> facts(std::uint32_t position);

  // Whole content that matches its id; or its zlib stream, which inflates to that content and ends where it should, or
  // a gzip member of this stream, of which `f.deflate` must be present. nullptr for a stream that fails the check: the
  // facts then no longer offer it; and for made_gzip that is not in the cache. Memory is taken from stuck clients when
  // needed. Errors: those of the reader, bad_checksum. Throws std::bad_alloc.
  [[nodiscard]] result<shared_content> whole(const object_facts& f, content_form form);
  // Whole content, plain, made_gzip or made_dcz, for a client from which it was taken away; the cache stays as it is.
  // `dictionary`: content's.
  [[nodiscard]] result<shared_content> whole_again(const object_facts& f, content_form form,
                                                   std::uint32_t dictionary = 0);
  // Whether content that was just read can be held without taking other content away.
  [[nodiscard]] bool has_room() const noexcept { return live_bytes() <= most_live_; }
  [[nodiscard]] content_ledger& held() noexcept { return held_; }
  [[nodiscard]] const std::shared_ptr<cache_vm::open_reads>& open_reads() const noexcept { return open_reads_; }
  // To be called after a client began to hold content, and now and then, since other loops hold content, too: takes
  // away what exceeds the limit.
  void trim() noexcept { held_.trim(*shared_->live(), most_live_); }
  // Bytes of whole content in memory, cached or being sent by any loop.
  [[nodiscard]] std::uint64_t live_bytes() const noexcept { return shared_->live()->load(std::memory_order_relaxed); }
  [[nodiscard]] bool fits_whole(const object_facts& f) const noexcept {
    return f.size <= shared_->options().whole_bytes;
  }

  // Whether gzip of it may be made, for it has no stream of its own to send.
  [[nodiscard]] bool may_be_coded(const object_facts& f) const noexcept {
    return f.type == object_type::blob && !f.streams && !f.deflate && shared_->gzips().takes(f.size);
  }
  // Has gzip made of its plain content, which the cache then has as made_gzip.
  void want_gzip(const shared_content& plain) const noexcept { gzip_maker::want({shared_, &shared_->gzips()}, plain); }

  // Whether it may be coded with a dictionary, or be one.
  [[nodiscard]] bool may_have_dictionary(const object_facts& f) const noexcept {
    return f.type == object_type::blob && !f.streams && shared_->dictionaries().takes(f.size);
  }
  // dictionary_maker::want()
  [[nodiscard]] bool want_dcz(const dictionary_maker::request& r) const noexcept {
    return dictionary_maker::want({shared_, &shared_->dictionaries()}, r);
  }

  // What a blob says about its encoding. If it was not read yet, its beginning is read now, unchecked.
  [[nodiscard]] result<text_signs> signs(const object_facts& f);

  // Large blobs that once matched their id.
  [[nodiscard]] bool is_proved(std::uint32_t position) const { return proved_.contains(position); }
  void prove(std::uint32_t position);

  [[nodiscard]] content_cache& cache() noexcept { return shared_->cache(); }
  // Forgets all content, and what this loop knows about objects.
  void flush() noexcept;
  // It was replaced: only responses in progress go on, and need no memory to be quick.
  void retire() noexcept;

 private:
  static constexpr std::size_t kLeastOpen = 4;  // also of a retired site
  site(std::shared_ptr<mounted_image> of, inflater&& inflate);
  // The heap of the options, for what the reader needs. Memory that it lacks is taken from stuck clients, and then from
  // the cache.
  [[nodiscard]] docteur::memory reader_memory() noexcept;
  // Returns what `allocate` returns, which is nullptr only if none of the two helped.
  template <class Allocate>
  [[nodiscard]] auto with_room(const Allocate& allocate) noexcept;
  [[nodiscard]] result<const object_facts*> learn(std::uint32_t position, std::uint64_t offset);
  void learn_signs(std::uint32_t position, bytes content) noexcept;
  [[nodiscard]] std::shared_ptr<content> make_content(const object_facts& f, content_form form, std::uint64_t size);
  [[nodiscard]] result<shared_content> read_whole(const object_facts& f);
  [[nodiscard]] result<shared_content> read_coded(const object_facts& f, content_form form);

  std::shared_ptr<mounted_image> shared_;
  inflater inflater_;
  std::uint64_t most_live_;  // limit of live_bytes() while clients hold content that can be taken
  content_ledger held_;
  std::optional<image_reader> reader_;  // after what its memory is taken from
  std::shared_ptr<cache_vm::open_reads> open_reads_;
  std::unordered_map<std::uint32_t, object_facts> facts_;  // by position
  std::unordered_set<std::uint32_t> proved_;
};

// Whether an error only means that a path leads nowhere.
[[nodiscard]] constexpr bool is_absent(const error& e) noexcept {
  return e.code == errc::not_found || e.code == errc::symlink_loop || (e.code == errc::wrong_kind && e.at == 0);
}

// "bad checksum at 0x1f4c: content does not match its id"
[[nodiscard]] std::string to_text(const error& e);

}  // namespace docteur::cache_vm
