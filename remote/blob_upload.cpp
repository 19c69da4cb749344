#include "remote/blob_upload.hpp"

#include <algorithm>
#include <charconv>
#include <memory>
#include <thread>

#include "base/percent.hpp"
#include "base/printable.hpp"
#include "host/describe.hpp"
#include "host/image_digests.hpp"
#include "object/result.hpp"
#include "remote/bounded_json.hpp"
#include "remote/http_access.hpp"

namespace docteur {
namespace {

constexpr std::uint64_t kChunk = std::uint64_t{16} << 20;       // bytes
constexpr std::uint64_t kMostChunk = std::uint64_t{256} << 20;  // that a registry may ask for
constexpr std::chrono::milliseconds kTick{100};

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return n;
}

// `location`, which may be relative, as an absolute URL; empty if it is none.
std::string resolved(const std::string& base, const std::string& location) {
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> url(curl().url(), curl().url_cleanup);
  char* text = nullptr;
  if (!url || curl().url_set(url.get(), CURLUPART_URL, base.c_str(), 0) != CURLUE_OK ||
      curl().url_set(url.get(), CURLUPART_URL, location.c_str(), 0) != CURLUE_OK ||
      curl().url_get(url.get(), CURLUPART_URL, &text, 0) != CURLUE_OK)
    return {};
  std::string absolute(text);
  curl().free(text);
  return absolute;
}

}  // namespace

std::optional<std::uint64_t> uploaded_bytes(std::string_view range) {
  if (range.starts_with("bytes=")) range.remove_prefix(6);
  if (!range.starts_with("0-")) return std::nullopt;
  const auto last = number(range.substr(2));
  if (!last || *last > std::uint64_t{1} << 62) return std::nullopt;
  return *last == 0 ? 0 : *last + 1;
}

std::string registry_error(std::string_view body) {
  const auto parsed = parse_json(body);
  const nlohmann::json* const errors = parsed ? json_member(*parsed, "errors") : nullptr;
  if (errors == nullptr || !errors->is_array() || errors->empty()) return {};
  const std::string code = json_text(errors->front(), "code");
  const auto is_plain = [](char c) { return (c >= 'A' && c <= 'Z') || c == '_'; };
  if (code.empty() || code.size() > 64 || !std::ranges::all_of(code, is_plain)) return {};
  return " (" + code + ")";
}

tl::unexpected<failure> blob_upload::refused(const http_answer& answer, const char* what) const {
  const int status = answer.head.status;
  const std::string text = status == 401 || status == 403
                               ? "status " + std::to_string(status) + ": the registry refuses access"
                               : "status " + std::to_string(status) + " to " + what;
  return give_up(blame::environment, registry_.failed(text + registry_error(answer.body)).text);
}

outcome<bool> blob_upload::is_there(const device& content, const oid& digest) {
  http_call call;
  call.method = "HEAD";
  DOCTEUR_TRY(where, registry_address(name_, "blobs/" + digest_text(digest), options_));
  call.where = std::move(where);
  const auto answer = registry_.ask(call);
  if (!answer) return give_up(blame::environment, answer.error().text);
  if (answer->head.status == 404) return false;
  if (answer->head.status != 200) return refused(*answer, "the question whether the blob is there");
  const auto& length = answer->head.content_length;
  return !length || *length == std::to_string(content.size);
}

outcome<void> blob_upload::move_to(const std::string& url) {
  DOCTEUR_TRY(home, registry_address(name_, "", options_));
  DOCTEUR_TRY(place, redirected(home, home, url));
  where_ = std::move(place);
  return {};
}

outcome<void> blob_upload::move_to(const http_answer& answer) {
  const std::string to = answer.head.location ? resolved(answer.url, *answer.head.location) : "";
  if (to.empty())
    return give_up(blame::environment, registry_.failed("the registry names no place for the upload").text);
  return move_to(to);
}

outcome<void> blob_upload::begin() {
  http_call call;
  call.method = "POST";
  DOCTEUR_TRY(where, registry_address(name_, "blobs/uploads/", options_));
  call.where = std::move(where);
  const auto answer = registry_.ask(call);
  if (!answer) return give_up(blame::environment, answer.error().text);
  if (answer->head.status != 202) return refused(*answer, "the start of an upload");
  least_ = answer->head.least_chunk ? number(*answer->head.least_chunk).value_or(0) : 0;
  if (least_ > kMostChunk)
    return give_up(blame::environment, registry_.failed("the registry asks for chunks that are too long").text);
  at_ = 0;
  is_whole_ = false;
  return move_to(*answer);
}

// Sends the next chunk. A failure that may pass is not tried blindly: part of it may have arrived.
outcome<blob_upload::step> blob_upload::send_chunk(const device& content) {
  buffer_.resize(static_cast<std::size_t>(std::min(std::max(kChunk, least_), content.size - at_)));
  if (const auto read = read_exactly(content, at_, buffer_); !read)
    return tl::make_unexpected(describe(read.error(), "the image"));
  http_call call;
  call.method = "PATCH";
  call.where = where_;
  call.fields = {"Content-Type: application/octet-stream",
                 "Content-Range: " + std::to_string(at_) + "-" + std::to_string(at_ + buffer_.size() - 1)};
  call.body = buffer_;
  call.retries = 0;
  call.sent = [this](std::uint64_t more) {
    report_.add_bytes(more);
    sent_ += more;
  };
  const auto answer = registry_.ask(call);
  if (!answer) {
    why_ = answer.error().text;
    if (!answer.error().is_unavailable) return give_up(blame::environment, why_);
    return step::again;
  }
  const int status = answer->head.status;
  if (status == 404 || status == 400 || status == 416) {
    why_ = refused(*answer, "a chunk").value().message;
    return status == 416 ? step::again : step::anew;
  }
  if (status != 202) return refused(*answer, "a chunk");
  const auto has = answer->head.upload_range ? uploaded_bytes(*answer->head.upload_range) : at_ + buffer_.size();
  if (!has || *has > content.size || *has <= at_) {
    why_ = registry_.failed("the registry took another part of the upload than what it was sent").text;
    return step::anew;
  }
  at_ = *has;
  DOCTEUR_CHECK(move_to(*answer));
  return step::done;
}

outcome<blob_upload::step> blob_upload::ask_how_far(std::uint64_t size) {
  http_call call;
  call.method = "GET";
  call.where = where_;
  const auto answer = registry_.ask(call);
  if (!answer) return give_up(blame::environment, answer.error().text);
  if (answer->head.status != 204 && answer->head.status != 200) return step::anew;
  const auto has = answer->head.upload_range ? uploaded_bytes(*answer->head.upload_range) : std::nullopt;
  // `0-0` is none or one byte.
  if (!has || *has == 0 || *has > size) return step::anew;
  at_ = *has;
  if (answer->head.location) DOCTEUR_CHECK(move_to(*answer));
  ++resumed_;
  return step::done;
}

outcome<blob_upload::step> blob_upload::finish(const device& content, const oid& digest) {
  http_call call;
  call.method = "PUT";
  call.where = where_;
  call.where.url +=
      (where_.url.find('?') == std::string::npos ? "?digest=" : "&digest=") + percent_encoded(digest_text(digest));
  call.fields = {"Content-Type: application/octet-stream"};
  call.is_slow = true;  // it hashes all of it, or moves it
  const auto answer = registry_.ask(call);
  if (answer && (answer->head.status == 201 || answer->head.status == 204)) {
    is_whole_ = true;
    return step::done;
  }
  if (!answer && !answer.error().is_unavailable) return give_up(blame::environment, answer.error().text);
  why_ = answer ? refused(*answer, "the end of an upload").value().message : answer.error().text;
  if (answer && (answer->head.status == 401 || answer->head.status == 403)) return give_up(blame::environment, why_);
  // Its answer may be what was lost.
  DOCTEUR_TRY(is, is_there(content, digest));
  is_whole_ = is;
  return is ? step::done : step::anew;
}

outcome<void> blob_upload::count_failure() {
  if (failures_ >= options_.retries) return give_up(blame::environment, why_);
  auto pause = pauses_.before(failures_++, options_);
  for (; pause.count() > 0 && !report_.cancelled(); pause -= kTick) std::this_thread::sleep_for(std::min(pause, kTick));
  if (report_.cancelled()) return give_up(blame::environment, "interrupted");
  return {};
}

outcome<blob_upload::step> blob_upload::advance(const device& content, const oid& digest) {
  DOCTEUR_TRY(next, at_ < content.size ? send_chunk(content) : finish(content, digest));
  if (at_ > furthest_) {
    furthest_ = at_;
    failures_ = 0;
  }
  return next;
}

// Whether the registry still has the upload that was `kept`, and some of it.
bool blob_upload::goes_on(std::uint64_t size, const kept_upload& kept) {
  const auto from = kept.read();
  if (!from || from->chunk > kMostChunk || !move_to(from->url)) return false;
  least_ = from->chunk;
  const auto told = ask_how_far(size);
  return told && *told == step::done;
}

outcome<void> blob_upload::put(const device& content, const oid& digest, kept_upload& kept) {
  DOCTEUR_TRY(is, is_there(content, digest));
  was_there_ = is_whole_ = is;
  furthest_ = failures_ = 0;
  if (!is && !goes_on(content.size, kept)) DOCTEUR_CHECK(begin());
  while (!is_whole_) {
    if (content.size > kChunk) kept.keep({where_.url, least_});
    DOCTEUR_TRY(next, advance(content, digest));
    if (next == step::done) continue;
    DOCTEUR_CHECK(count_failure());
    if (next == step::again) {
      DOCTEUR_TRY(told, ask_how_far(content.size));
      next = told;
    }
    if (next == step::anew) DOCTEUR_CHECK(begin());
  }
  kept.forget();
  return {};
}

}  // namespace docteur
