#include "verify/resolve.hpp"

#include <tbb/enumerable_thread_specific.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <optional>

#include "base/first_failure.hpp"
#include "pack/delta.hpp"
#include "verify/delta_families.hpp"
#include "verify/entry_inflater.hpp"
#include "verify/streamed_blob.hpp"

namespace docteur {
namespace {

constexpr std::uint64_t kBigObject = 16 << 20;  // bytes: only one thread at a time holds larger ones

// The state of one thread.
struct worker {
  worker(const device& d, hash_kind kind, const restart_check& restarts) : inflate(d), streamer(d, kind, restarts) {}

  entry_inflater inflate;
  blob_streamer streamer;
  reused_bytes object;  // the current object
  reused_bytes delta;
  std::vector<std::uint32_t> children;
  resolved_pack seen;  // the share of this thread, without edges
  tree_edges edges;
};

struct held_object {
  std::unique_ptr<std::byte[]> data;
  std::size_t size = 0;
  [[nodiscard]] mutable_bytes view() const noexcept { return {data.get(), size}; }
};

// A base that deltas still need.
struct base_frame {
  std::uint32_t entry;
  held_object content;
  std::vector<std::uint32_t> children;
  std::size_t next = 0;
};

class resolver {
 public:
  resolver(const device& d, scanned_pack& pack, const restart_check& restarts, object_check& check,
           const verify_options& options, findings& found, progress& report)
      : pack_(pack),
        restarts_(restarts),
        check_(check),
        options_(options),
        found_(found),
        report_(report),
        families_(pack),
        failed_(report),
        workers_([&d, &restarts, kind = pack.checksum.kind()] { return std::make_unique<worker>(d, kind, restarts); }) {
  }

  outcome<resolved_pack> run() {
    DOCTEUR_CHECK(for_all(wholes(), &resolver::resolve_family));
    std::vector<std::uint32_t> left;
    for (std::uint32_t i = 0; i < pack_.entries.size(); ++i)
      if (pack_.entries[i].state == entry_state::pending) left.push_back(i);
    DOCTEUR_CHECK(for_all(left, &resolver::check_unresolved));
    return sum();
  }

 private:
  // The whole objects, in the order in which their families end in the PACK: while the PACK arrives from front to back,
  // those whose families are here come first.
  std::vector<std::uint32_t> wholes() const {
    const auto& entries = pack_.entries;
    std::vector<std::uint32_t> roots(entries.size());
    std::vector<std::uint32_t> whole;
    std::vector<std::uint32_t> last(entries.size());  // by whole object: of its family, without REF deltas
    for (std::uint32_t i = 0; i < entries.size(); ++i) {
      const pack_entry& e = entries[i];
      const bool has_root = e.type == entry_type::ofs_delta && e.state == entry_state::pending;
      roots[i] = has_root ? roots[e.base] : i;
      last[roots[i]] = i;
      if (!is_delta(e.type) && e.state == entry_state::pending) whole.push_back(i);
    }
    std::ranges::stable_sort(whole, {}, [&](std::uint32_t i) { return last[i]; });
    return whole;
  }

  // Calls `act` for each entry, about in this order.
  using action = outcome<void> (resolver::*)(worker&, std::uint32_t);
  outcome<void> for_all(const std::vector<std::uint32_t>& entries, action act) {
    constexpr std::size_t kAtOnce = 8;
    std::atomic<std::size_t> next{0};
    const auto work = [&](int) {
      worker& w = *workers_.local();
      for (std::size_t i = 0; (i = next.fetch_add(kAtOnce)) < entries.size();) {
        const std::size_t end = std::min(i + kAtOnce, entries.size());
        for (; i < end && !failed_.stop(); ++i) {
          if (auto r = (this->*act)(w, entries[i]); !r) failed_.set(i, std::move(r.error()));
          w.object.trim(kBigObject);
          w.delta.trim(kBigObject);
        }
      }
    };
    tbb::parallel_for(0, tbb::this_task_arena::max_concurrency(), work, tbb::simple_partitioner());
    return failed_.check();
  }

  // Checks a whole object and rebuilds all deltas that descend from it.
  outcome<void> resolve_family(worker& w, std::uint32_t root) {
    pack_entry& e = pack_.entries[root];
    const bool too_large = e.size > options_.bounds.object_bytes;
    const bool streamed =
        too_large || restarts_.find(e) != nullptr ||
        (e.object == object_type::blob && e.size >= options_.bounds.streamed_blob && !families_.has_children(root));
    if (streamed) {
      DOCTEUR_TRY(good, stream(w, root));
      if (!good) return {};
      families_.take_children(root, w.children);
      if (w.children.empty()) return {};
      if (too_large) return refuse_children(w);
    }

    std::unique_lock<std::mutex> turn(one_big_, std::defer_lock);
    wait_for_turn(turn, e.size);
    const mutable_bytes out = w.object.get(e.size);
    DOCTEUR_TRY(good, inflate_entry(w, e, out));
    if (!good) return {};
    if (!streamed) {
      accept(w, root, out);
      families_.take_children(root, w.children);
      if (w.children.empty()) return {};
    }
    std::vector<base_frame> bases;
    bases.push_back({root, keep(out), std::move(w.children)});
    w.children = {};
    return resolve_deltas(w, bases, turn);
  }

  outcome<void> resolve_deltas(worker& w, std::vector<base_frame>& bases, std::unique_lock<std::mutex>& turn) {
    std::uint64_t held = bases.front().content.size;
    while (!bases.empty()) {
      if (failed_.stop()) return {};
      base_frame& f = bases.back();
      if (f.next == f.children.size()) {
        held -= f.content.size;
        bases.pop_back();
        continue;
      }
      const std::uint32_t child = f.children[f.next++];
      const std::uint32_t base = f.entry;
      DOCTEUR_TRY(content, rebuild(w, child, base, f.content.view(), turn));
      if (f.next == f.children.size()) {  // the last one: its base is no longer needed
        held -= f.content.size;
        bases.pop_back();
      }
      if (!content) continue;
      accept(w, child, *content);
      families_.take_children(child, w.children);
      if (w.children.empty()) continue;
      held += content->size();
      if (held > options_.held_bytes) {
        found_.add(errc::too_large, pack_.entries[child].at(), "deltas need more bases at once than the limit");
        held -= content->size();
        continue;
      }
      bases.push_back({child, keep(*content), std::move(w.children)});
      w.children = {};
    }
    return {};
  }

  // Rebuilds the object of the delta `child` in w.object; nullopt after a fault.
  outcome<std::optional<bytes>> rebuild(worker& w, std::uint32_t child, std::uint32_t base, bytes base_content,
                                        std::unique_lock<std::mutex>& turn) {
    using answer = std::optional<bytes>;
    pack_entry& e = pack_.entries[child];
    const auto bad = [&](const error& why) {
      found_.add(why);
      e.state = entry_state::damaged;
      return answer();
    };
    e.object = pack_.entries[base].object;
    if (e.size > options_.bounds.object_bytes) return bad({errc::too_large, e.at(), "delta is larger than the limit"});
    wait_for_turn(turn, e.size);
    const mutable_bytes delta = w.delta.get(e.size);
    DOCTEUR_TRY(good, inflate_entry(w, e, delta));
    if (!good) return answer();
    const auto h = decode_delta_header(delta, e.at());
    if (!h) return bad({h.error().code, e.at(), h.error().what});
    if (h->result_size > options_.bounds.object_bytes)
      return bad({errc::too_large, e.at(), "object of a delta is larger than the limit"});
    wait_for_turn(turn, h->result_size);
    const mutable_bytes out = w.object.get(h->result_size);
    if (const auto r = apply_delta(base_content, delta, out, e.at()); !r) return bad(r.error());
    return answer(out);
  }

  // Checks an object without holding it. False after a fault.
  outcome<bool> stream(worker& w, std::uint32_t i) {
    pack_entry& e = pack_.entries[i];
    sha256 content;
    DOCTEUR_TRY(id, w.streamer.run(e, check_.hashes_content() ? &content : nullptr));
    if (!id) {
      damage(w, e, id.error());
      return false;
    }
    if (e.object != object_type::blob) found_.add(errc::too_large, e.at(), "object is larger than the limit");
    check_.take_blob(e, i, *id, content.finish());
    count(w, e, e.size);
    return true;
  }

  outcome<void> refuse_children(worker& w) {
    for (const std::uint32_t child : w.children) {
      found_.add(errc::too_large, pack_.entries[child].at(), "base of a delta is larger than the limit");
      pack_.entries[child].state = entry_state::damaged;
    }
    return {};
  }

  // Checks the stream of a delta that has no base. The missing base is reported elsewhere (unresolved.hpp).
  outcome<void> check_unresolved(worker& w, std::uint32_t i) {
    pack_entry& e = pack_.entries[i];
    if (e.size > options_.bounds.object_bytes) return {};
    std::unique_lock<std::mutex> turn(one_big_, std::defer_lock);
    wait_for_turn(turn, e.size);
    return inflate_entry(w, e, w.delta.get(e.size)).map([](bool) {});
  }

  // False after a fault.
  outcome<bool> inflate_entry(worker& w, pack_entry& e, mutable_bytes out) {
    DOCTEUR_TRY(good, w.inflate.run(e, out));
    if (!good) damage(w, e, good.error());
    return good.has_value();
  }

  void damage(worker& w, pack_entry& e, const error& why) {
    found_.add(why);
    e.state = entry_state::damaged;
    w.seen.bad_extent = true;
    report_.advance(1);
  }

  void accept(worker& w, std::uint32_t i, bytes content) {
    pack_entry& e = pack_.entries[i];
    check_.take(e, i, content, w.edges);
    count(w, e, content.size());
  }

  void count(worker& w, const pack_entry& e, std::uint64_t size) {
    ++w.seen.objects[static_cast<std::size_t>(e.object)];
    w.seen.content_bytes += size;
    if (is_delta(e.type)) ++w.seen.deltas;
    report_.advance(1);
  }

  // Waits until no other family holds big objects. The turn ends only with the family. A family that has it never waits
  // again, so there is no deadlock.
  void wait_for_turn(std::unique_lock<std::mutex>& turn, std::uint64_t size) {
    if (size > kBigObject && !turn.owns_lock()) turn.lock();
  }

  static held_object keep(bytes content) {
    held_object o{std::make_unique_for_overwrite<std::byte[]>(content.size()), content.size()};
    if (!content.empty()) std::memcpy(o.data.get(), content.data(), content.size());
    return o;
  }

  outcome<resolved_pack> sum() {
    resolved_pack all;
    for (const auto& w : workers_) {
      for (std::size_t i = 0; i < all.objects.size(); ++i) all.objects[i] += w->seen.objects[i];
      all.content_bytes += w->seen.content_bytes;
      all.deltas += w->seen.deltas;
      all.bad_extent |= w->seen.bad_extent;
      all.edges.push_back(std::move(w->edges));
    }
    return all;
  }

  scanned_pack& pack_;
  const restart_check& restarts_;
  object_check& check_;
  const verify_options& options_;
  findings& found_;
  progress& report_;
  delta_families families_;
  std::mutex one_big_;
  first_failure failed_;
  tbb::enumerable_thread_specific<std::unique_ptr<worker>> workers_;
};

}  // namespace

outcome<resolved_pack> resolve_objects(const device& d, scanned_pack& pack, const restart_check& restarts,
                                       object_check& check, const verify_options& options, findings& found,
                                       progress& report) {
  return resolver(d, pack, restarts, check, options, found, report).run();
}

}  // namespace docteur
