// Bytes that wait to be sent stay in order, in bounded memory.

#include "unikernel-example/platform/linux/send_queue.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "object/bytes.hpp"

namespace docteur::cache_vm::on_linux {
namespace {

// Rarely empty, like that of a client that is always a little behind.
TEST(SendQueue, KeepsOrderInBoundedMemory) {
  send_queue q;
  std::mt19937 dice(4);
  std::string expected;
  unsigned char next = 0;
  std::uint64_t through = 0;
  while (through < 40 * send_queue::kMost) {
    std::string more(dice() % (q.room() + 1), '\0');
    for (char& c : more) c = static_cast<char>(next++);
    q.append(as_bytes(more));
    expected += more;
    ASSERT_EQ(q.size() + q.room(), send_queue::kMost);
    ASSERT_LE(q.capacity(), send_queue::kMost);
    ASSERT_EQ(as_text(q.view()), expected);
    const std::size_t n = q.size() > 1 ? 1 + dice() % (q.size() - 1) : 0;
    q.drop_front(n);
    expected.erase(0, n);
    through += n;
  }
  EXPECT_GT(q.size(), 0u);
  q.settle();
  EXPECT_EQ(as_text(q.view()), expected);
  q.drop_front(q.size());
  q.settle();
  EXPECT_LT(q.capacity(), send_queue::kMost);
}

}  // namespace
}  // namespace docteur::cache_vm::on_linux
