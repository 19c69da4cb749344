#pragma once
// Packet Too Big (RFC 8201): a router says that packets to a client must be smaller. lwIP only notes that for later
// connections; here the connection whose segment did not pass sends it again in smaller ones, at once.

#include "object/bytes.hpp"

namespace docteur::cache_vm::pvh {

// `packet`: an IPv6 packet for which judge_ip6() said too_big. Ignored unless it quotes a segment that is on its way,
// so that nobody else can narrow a path (RFC 5927), and never below the 1,280 bytes that each path must pass. True when
// it was believed; lwIP should then have it, too.
[[nodiscard]] bool narrow_path(bytes packet);

}  // namespace docteur::cache_vm::pvh
