#pragma once
// Limits on everything that a client can make the server spend, with their defaults.

#include <cstdint>

namespace docteur::cache_vm {

struct http_limits {
  std::uint32_t connections = 1024;        // at once; a further one gets 503
  std::uint32_t header_bytes = 32 << 10;   // of a request's head, and so of pipelined input: 431
  std::uint32_t target_bytes = 8 << 10;    // of the target: 414
  std::uint32_t fields = 256;              // of the head: 431
  std::uint32_t requests = 10'000;         // on one connection, which is then closed
  std::uint32_t body_bytes = 128 << 10;    // of a POST's body as it is sent: 413. Only Git's clients send one
  std::uint32_t content_bytes = 1 << 20;   // of its content, which may be sent compressed: 413
  std::uint64_t bodies_bytes = 8 << 20;    // of memory for all bodies of a loop that are arriving: 503
  std::uint32_t ranges = 1024;             // in one request, 16 bytes each; http_range bounds their work
  std::uint32_t head_s = 15;               // from a connection's start, or the first byte of a request, to its end: 408
  std::uint32_t idle_s = 75;               // between two requests: longer than load balancers keep a connection (60)
  bool tells_idle = false;                 // clients are told so by the field Keep-Alive
  std::uint32_t stall_s = 30;              // in which a reading client must take `stall_bytes`
  std::uint32_t stall_bytes = 1 << 10;     // a byte now and then is not enough
  std::uint64_t whole_bytes = 4ull << 20;  // content up to this size is built and checked whole before it is sent
};

}  // namespace docteur::cache_vm
