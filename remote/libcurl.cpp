#include "remote/libcurl.hpp"

#include <dlfcn.h>

#include <new>
#include <string>

namespace docteur {
namespace {

constexpr const char* kName = "libcurl.so.4";

class symbols {
 public:
  explicit symbols(void* library) : library_(library) {}
  template <class F>
  void find(F*& to, const char* name) {
    to = reinterpret_cast<F*>(dlsym(library_, name));
    if (to == nullptr && missing_ == nullptr) missing_ = name;
  }
  [[nodiscard]] const char* missing() const noexcept { return missing_; }

 private:
  void* library_;
  const char* missing_ = nullptr;
};

outcome<libcurl> load() {
  void* const library = dlopen(kName, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    const char* const why = dlerror();
    return give_up(blame::environment, "URLs need libcurl: " + std::string(why != nullptr ? why : kName));
  }
  libcurl c{};
  symbols all(library);
  all.find(c.global_init, "curl_global_init");
  all.find(c.easy_init, "curl_easy_init");
  all.find(c.easy_cleanup, "curl_easy_cleanup");
  all.find(c.easy_reset, "curl_easy_reset");
  all.find(c.easy_setopt, "curl_easy_setopt");
  all.find(c.easy_getinfo, "curl_easy_getinfo");
  all.find(c.easy_perform, "curl_easy_perform");
  all.find(c.easy_strerror, "curl_easy_strerror");
  all.find(c.multi_init, "curl_multi_init");
  all.find(c.multi_cleanup, "curl_multi_cleanup");
  all.find(c.multi_setopt, "curl_multi_setopt");
  all.find(c.multi_add_handle, "curl_multi_add_handle");
  all.find(c.multi_remove_handle, "curl_multi_remove_handle");
  all.find(c.multi_perform, "curl_multi_perform");
  all.find(c.multi_poll, "curl_multi_poll");
  all.find(c.multi_wakeup, "curl_multi_wakeup");
  all.find(c.multi_info_read, "curl_multi_info_read");
  all.find(c.slist_append, "curl_slist_append");
  all.find(c.slist_free_all, "curl_slist_free_all");
  all.find(c.url, "curl_url");
  all.find(c.url_set, "curl_url_set");
  all.find(c.url_get, "curl_url_get");
  all.find(c.url_cleanup, "curl_url_cleanup");
  all.find(c.getdate, "curl_getdate");
  all.find(c.free, "curl_free");
  if (all.missing() != nullptr)
    return give_up(blame::environment, "URLs need libcurl: " + std::string(kName) + " has no " + all.missing());
  if (c.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) throw std::bad_alloc();
  return c;
}

const outcome<libcurl>& loaded() {
  static const outcome<libcurl> library = load();
  return library;
}

}  // namespace

outcome<void> load_libcurl() {
  if (!loaded()) return tl::make_unexpected(loaded().error());
  return {};
}

const libcurl& curl() {
  if (!loaded()) throw std::bad_alloc();
  return *loaded();
}

}  // namespace docteur
