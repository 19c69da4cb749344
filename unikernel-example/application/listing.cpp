#include "unikernel-example/application/listing.hpp"

#include <algorithm>

#include "unikernel-example/application/markup.hpp"
#include "unikernel-example/application/request_path.hpp"

namespace docteur::cache_vm {
namespace {

constexpr std::size_t kPiece = 4 << 10;  // bytes of lines made at once

class listing_body final : public response_body {
 public:
  listing_body(std::shared_ptr<site> s, shared_version in, directory_list&& entries, std::string_view path)
      : site_(std::move(s)), version_(std::move(in)), entries_(std::move(entries)) {
    const std::string title = "/" + html_text(path) + (path.empty() ? "" : "/");
    text_ = "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>" + title +
            "</title>\n<style>:root{color-scheme:light dark}body{font:16px/1.5 system-ui;margin:2rem}"
            "li{list-style:none}</style>\n<h1>" +
            title + "</h1>\n<ul>\n";
    if (!path.empty()) text_ += "<li><a href=\"../\">../</a>\n";
  }

  result<bytes> next(std::size_t most) override {
    if (sent_ == text_.size()) {
      text_.clear();
      sent_ = 0;
      make_more();
    }
    const bytes rest = as_bytes(text_).subspan(sent_);
    const bytes piece = rest.first(std::min(most, rest.size()));
    sent_ += piece.size();
    return piece;
  }

 private:
  void make_more() {
    while (!ended_ && text_.size() < kPiece) {
      const auto e = entries_.next();
      if (!e) {
        ended_ = true;
        text_ += "</ul>\n";
        break;
      }
      const char* slash = e->node.kind == entry_kind::directory ? "/" : "";
      // "./" so that a name with a colon is no scheme.
      text_ += "<li><a href=\"./" + encode_path(e->name) + slash + "\">" + html_text(e->name) + slash + "</a>\n";
    }
  }

  std::shared_ptr<site> site_;
  shared_version version_;
  directory_list entries_;
  std::string text_;
  std::size_t sent_ = 0;
  bool ended_ = false;
};

}  // namespace

result<std::unique_ptr<response_body>> make_listing(std::shared_ptr<site> s, shared_version in, std::string_view path) {
  // `path` may contain links; only the directory's own path can be listed.
  DOCTEUR_TRY(folder, s->folder(in->snapshot, path));
  DOCTEUR_TRY(entries, in->snapshot.list(folder));
  return std::make_unique<listing_body>(std::move(s), std::move(in), std::move(entries), path);
}

}  // namespace docteur::cache_vm
