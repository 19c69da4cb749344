#pragma once
// libcurl, loaded when the first URL is opened: with all that it needs in turn it takes several times as long to load
// as the image of a file takes to attach. Hosted.

#include <curl/curl.h>

#include "object/failure.hpp"

namespace docteur {

// The functions of libcurl that are used here, by their names without "curl_".
struct libcurl {
  decltype(&::curl_global_init) global_init;
  decltype(&::curl_easy_init) easy_init;
  decltype(&::curl_easy_cleanup) easy_cleanup;
  decltype(&::curl_easy_reset) easy_reset;
  decltype(&::curl_easy_setopt) easy_setopt;
  decltype(&::curl_easy_getinfo) easy_getinfo;
  decltype(&::curl_easy_perform) easy_perform;
  decltype(&::curl_easy_strerror) easy_strerror;
  decltype(&::curl_multi_init) multi_init;
  decltype(&::curl_multi_cleanup) multi_cleanup;
  decltype(&::curl_multi_setopt) multi_setopt;
  decltype(&::curl_multi_add_handle) multi_add_handle;
  decltype(&::curl_multi_remove_handle) multi_remove_handle;
  decltype(&::curl_multi_perform) multi_perform;
  decltype(&::curl_multi_poll) multi_poll;
  decltype(&::curl_multi_wakeup) multi_wakeup;
  decltype(&::curl_multi_info_read) multi_info_read;
  decltype(&::curl_slist_append) slist_append;
  decltype(&::curl_slist_free_all) slist_free_all;
  decltype(&::curl_url) url;
  decltype(&::curl_url_set) url_set;
  decltype(&::curl_url_get) url_get;
  decltype(&::curl_url_cleanup) url_cleanup;
  decltype(&::curl_getdate) getdate;
  decltype(&::curl_free) free;
};

// Loads the library and makes its global state, once; both live as long as the process. Any thread may call it. Fails
// (blame::environment) if there is no libcurl.so.4, or one without these functions.
[[nodiscard]] outcome<void> load_libcurl();

// The functions; throws std::bad_alloc where load_libcurl() fails. What opens a URL asks that first.
[[nodiscard]] const libcurl& curl();

}  // namespace docteur
