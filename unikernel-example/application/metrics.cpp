#include "unikernel-example/application/metrics.hpp"

namespace docteur::cache_vm {

void metrics::add(const metrics& other) noexcept {
  for (counter metrics::*const each :
       {&metrics::connections, &metrics::active, &metrics::refused, &metrics::timed_out, &metrics::aborted,
        &metrics::requests, &metrics::body_bytes, &metrics::deflated, &metrics::gzipped, &metrics::made,
        &metrics::with_dictionary, &metrics::beside, &metrics::packs, &metrics::faults, &metrics::disk_waits,
        &metrics::taken, &metrics::bases_used, &metrics::bases_hits, &metrics::bases_misses})
    this->*each += other.*each;
  for (std::size_t i = 0; i < statuses.size(); ++i) statuses[i] += other.statuses[i];
  latency.add(other.latency);
}

}  // namespace docteur::cache_vm
