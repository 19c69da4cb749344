#pragma once
// Decides the answer to a request.

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "unikernel-example/application/event_log.hpp"
#include "unikernel-example/application/git_remote.hpp"
#include "unikernel-example/application/http_reply.hpp"
#include "unikernel-example/application/http_request.hpp"
#include "unikernel-example/application/media_types.hpp"
#include "unikernel-example/application/metrics.hpp"
#include "unikernel-example/application/proof_pages.hpp"
#include "unikernel-example/application/representation.hpp"
#include "unikernel-example/application/request_path.hpp"
#include "unikernel-example/application/site_rules.hpp"

namespace docteur::cache_vm {

// The server's own pages below "/.docteur/", each made when it is requested.
struct own_pages {
  std::function<std::string()> status;   // JSON
  std::function<std::string()> metrics;  // Prometheus' text format
  std::function<std::string()> page;     // HTML
};

// What a port serves. If a part is absent, its paths are ordinary paths of the image.
struct port_content {
  bool site = true;    // the image
  bool status = true;  // the server's own pages
};

class http_responder {
 public:
  http_responder(platform& p, const http_limits& limits, site_rules rules, own_pages pages, metrics& counts,
                 event_log& log);

  // Serves `s` from now on; null: everything is answered 503.
  void mount(std::shared_ptr<site> s) noexcept {
    if (site_) site_->retire();
    site_ = std::move(s);
    git_.reset();
    proofs_.forget();
  }
  [[nodiscard]] const std::shared_ptr<site>& mounted() const noexcept { return site_; }

  // `wall_clock`: seconds since 1970 UTC, if known. Fills `out`, which the caller has reset. When a read had to wait
  // (platform::take_ticket()), `out` is of no use. Throws std::bad_alloc.
  void answer(const http_request& r, port_content behind, const reply_context& context,
              std::optional<std::int64_t> wall_clock, http_reply& out);
  // To be called when only `sent` bytes of the content in answer()'s reply could be sent at once, before another image
  // is mounted. Large content then may be taken from the client.
  void hold(http_reply& r, std::size_t sent);

 private:
  struct call;
  enum class freshness { revalidate, immutable };
  void answer_own(const call& c, std::string_view rest, bool is_directory);
  void answer_oid(const call& c, std::string_view hex);
  void answer_proof(const call& c, const request_path& path);
  void answer_options(call& c, request_path path, port_content behind);
  void answer_versions(const call& c, const request_path& path);
  // Whether the request is one of Git's clients, and then its answer.
  [[nodiscard]] bool answer_git(const call& c, const request_path& path);
  void answer_git_post(const call& c);
  void send_git(const call& c, std::string_view type, git_answer a);
  // Whether the image has a file at `path`, which then is not hidden.
  [[nodiscard]] result<bool> has_own(std::string_view path);
  // The version that `path` begins with the name of; null: it is a path of the image's commit. With the option
  // `versions` also not_found.
  [[nodiscard]] result<shared_version> named_version(std::string_view path);
  // `path` is one of `version`, behind the version's name.
  void answer_version(const call& c, request_path path, shared_version version);
  // What follows is about `path` of `version`; `name`: bytes of the version's name in front of the path.
  void enter(call& c, request_path& path, shared_version version, std::size_t name);
  void answer_path(const call& c, const request_path& path);
  // The next ones return false, without an answer, if nothing is there. `exact`: a folder needs no slash behind it.
  enum class folder { exact, redirects };
  [[nodiscard]] bool answer_file(const call& c, const request_path& path, folder how);
  [[nodiscard]] bool answer_directory(const call& c, const request_path& path, folder how);
  // Of a path that has no file: the file of this name and ".html".
  [[nodiscard]] bool answer_html(const call& c, const request_path& path);
  // Whether `path`, which is the path of a file, is to lead to the path without ".html".
  [[nodiscard]] bool is_to_be_clean(const call& c, const request_path& path);
  [[nodiscard]] bool answer_by_rule(const call& c, const request_path& path, bool forced);
  [[nodiscard]] bool answer_page(const call& c, std::string_view path, int status);
  // The file `n` at `path`.
  void answer_blob(const call& c, const node& n, std::string_view path);
  // `path`: where the file is, to find those beside it; "": an object by its id.
  void answer_object(const call& c, const object_facts& f, const media& type_of, freshness fresh,
                     std::string_view path = {});
  [[nodiscard]] result<done> find_beside(const call& c, std::string_view path, served_file& file);
  [[nodiscard]] result<std::unique_ptr<body_source>> open_content(representation& r);
  void send_object(const call& c, const served_file& file, representation r, const media& type_of, freshness fresh);
  void send_ranges(const call& c, reply_writer& w, representation r, std::unique_ptr<body_source> source,
                   std::string_view type);
  void count(const representation& r) noexcept;
  void answer_absent(const call& c, std::string_view path);
  void answer_fault(const call& c, const error& e);
  // Use-As-Dictionary, if the response is one.
  void add_dictionary(const call& c, reply_writer& w, const served_file& file);
  void add_validators(const call& c, reply_writer& w, const served_file& file, std::string_view tag, freshness fresh);

  platform* platform_;
  const http_limits* limits_;
  site_rules rules_;
  own_pages pages_;
  metrics* counts_;
  event_log* log_;
  std::shared_ptr<site> site_;
  std::optional<git_remote> git_;  // of site_, once it was asked for
  proof_pages proofs_;
  std::vector<std::byte> scratch_;
  std::string dictionary_caching_;  // value of Cache-Control for what is a dictionary
  field_set fields_;                // of the request being answered
};

}  // namespace docteur::cache_vm
