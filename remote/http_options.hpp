#pragma once
// How servers are spoken to. Hosted.

#include <chrono>
#include <cstdint>
#include <string>

namespace docteur {

struct http_options {
  std::chrono::milliseconds connect_timeout{15'000};  // for one connection, TLS included
  std::chrono::seconds stall_timeout{30};             // of a transfer that brings less than kLeastSpeed
  unsigned retries = 6;                        // further tries of a request after the last one that brought bytes
  std::chrono::milliseconds first_pause{200};  // before the first of them; doubled each time, with jitter
  std::chrono::seconds longest_pause{30};      // a server that asks for a longer one (Retry-After) is given up
  std::chrono::seconds patience{120};          // for all tries of a request that bring nothing
  unsigned connections = 6;                    // requests in flight, 1 to 64; with HTTP/2 on one connection
  std::string ca_file;                         // PEM; empty: the system's authorities
  std::string token_file;                      // a bearer token in its first line; empty: none
  bool netrc = false;                          // users and passwords from ~/.netrc
  bool plain_http = false;                     // speak to registries (oci://) by http
  bool may_be_absent = false;                  // the file: no try is repeated before the first bytes came
};

inline constexpr long kLeastSpeed = 512;  // bytes/s

}  // namespace docteur
