#include "unikernel-example/application/coded_content.hpp"

#include <libdeflate.h>

#include <algorithm>

namespace docteur::cache_vm {

std::shared_ptr<content> code_content(const content& plain, content_form form, bytes front, const content_coder& code,
                                      const std::shared_ptr<std::atomic<std::uint64_t>>& live) {
  constexpr std::size_t kWorthIt = 64;  // bytes that it must save
  if (plain.size <= kWorthIt + front.size()) return nullptr;
  const std::size_t most = plain.size - kWorthIt - front.size();
  const std::unique_ptr<std::byte[]> room(new std::byte[most]);
  const std::size_t size = code({room.get(), most});
  if (size == 0) return nullptr;
  auto c = std::make_shared<content>();
  c->data.reset(new std::byte[front.size() + size]);
  std::copy_n(room.get(), size, std::ranges::copy(front, c->data.get()).out);
  c->size = front.size() + size;
  c->position = plain.position;
  c->form = form;
  c->crc = libdeflate_crc32(0, c->data.get(), c->size);
  c->counted = live;
  live->fetch_add(c->size, std::memory_order_relaxed);
  return c;
}

}  // namespace docteur::cache_vm
