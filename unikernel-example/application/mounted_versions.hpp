#pragma once
// The versions of a mounted image. Each is attached when it is first asked for; those that were not asked for for
// longest go when all would take too much memory. Any thread may use it.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "host/recent_versions.hpp"
#include "host/version_names.hpp"
#include "reader/image.hpp"
#include "reader/snapshot.hpp"
#include "reader/version_list.hpp"
#include "unikernel-example/application/http_date.hpp"
#include "unikernel-example/application/version_rules.hpp"

namespace docteur::cache_vm {

// One version, ready to be read. Constant.
struct mounted_version {
  mounted_version(docteur::snapshot&& s, std::unique_ptr<const version_rules> r)
      : snapshot(std::move(s)),
        rules(std::move(r)),
        modified(snapshot.commit().committer.seconds),
        modified_text(format_http_date(modified)) {}
  [[nodiscard]] std::size_t memory_used() const noexcept {
    return snapshot.memory_used() + (rules ? rules->memory_used() : 0);
  }
  docteur::snapshot snapshot;
  std::unique_ptr<const version_rules> rules;  // of its own files; null: it has none, or they are not read
  std::int64_t modified;                       // the commit's date, seconds since 1970 UTC
  http_date modified_text;                     // the same
};
using shared_version = std::shared_ptr<const mounted_version>;

class mounted_versions {
 public:
  mounted_versions() = default;
  mounted_versions(const mounted_versions&) = delete;
  mounted_versions& operator=(const mounted_versions&) = delete;
  ~mounted_versions() = default;

  // Reads the list of versions and attaches the image's commit. To be called once, before the rest. `of` outlives this
  // and all versions. `most`: bytes for attached versions besides the image's commit; the last one asked for stays
  // whatever it takes. `rules`: memory to read the versions' rules with, or nullopt: they are not read. Errors: those
  // of version_list::load(), snapshot::attach() and load_rules().
  [[nodiscard]] result<done> load(const docteur::image& of, std::uint64_t most, std::optional<memory> rules);

  [[nodiscard]] const version_list& list() const noexcept { return list_; }
  // The image's commit.
  [[nodiscard]] const shared_version& first() const noexcept { return first_; }
  // The version of this name. Errors: not_found, those of snapshot::attach(). Throws std::bad_alloc.
  [[nodiscard]] result<shared_version> find(std::string_view name);
  // The version whose name a path begins with: NAME/ if `always`, else @NAME/; null if it begins with none, which is
  // not_found if `always`. Takes the name and the slash off `path`. Errors: those of find() as well.
  [[nodiscard]] result<shared_version> take(std::string_view& path, bool always);

 private:
  [[nodiscard]] result<mounted_version> make(result<docteur::snapshot> attached) const;

  const docteur::image* image_ = nullptr;
  std::optional<memory> rules_;
  version_list list_;
  shared_version first_;
  recent_versions<mounted_version> recent_;
};

// An array of {"version", "title", "aliases"}, which the version selectors of themes for MkDocs read
// (https://github.com/jimporter/mike, versions.json).
[[nodiscard]] std::string versions_json(const version_list& list);
// The same for people: an HTML page with a link "./NAME/" to each.
[[nodiscard]] std::string versions_page(const version_list& list);

}  // namespace docteur::cache_vm
