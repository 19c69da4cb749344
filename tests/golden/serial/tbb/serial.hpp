#pragma once
// For aarch64.sh, instead of oneTBB, whose library is for the host's processor: the parts that pack/ uses, on one
// thread.
#include <algorithm>
#include <cstddef>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

namespace tbb {

template <class T>
class enumerable_thread_specific {
 public:
  enumerable_thread_specific() : make_([] { return T(); }) {}
  template <class F>
  explicit enumerable_thread_specific(F make) : make_(std::move(make)) {}
  T& local() {
    if (!value_) value_.emplace(make_());
    return *value_;
  }

 private:
  std::function<T()> make_;
  std::optional<T> value_;
};

template <class T>
class combinable {
 public:
  T& local() { return value_; }
  template <class F>
  void combine_each(F f) {
    f(value_);
  }

 private:
  T value_;
};

template <class T>
class blocked_range {
 public:
  blocked_range(T begin, T end, std::size_t = 1) : begin_(begin), end_(end) {}
  [[nodiscard]] T begin() const { return begin_; }
  [[nodiscard]] T end() const { return end_; }
  [[nodiscard]] std::size_t size() const { return end_ - begin_; }

 private:
  T begin_;
  T end_;
};

struct simple_partitioner {};

template <class Range, class F>
void parallel_for(const Range& range, const F& f, simple_partitioner = {}) {
  if (range.size() > 0) f(range);
}

template <class I, class Less = std::less<>>
void parallel_sort(I begin, I end, Less less = {}) {
  std::sort(begin, end, less);
}

class flow_control {
 public:
  void stop() { stopped_ = true; }
  [[nodiscard]] bool stopped() const { return stopped_; }

 private:
  bool stopped_ = false;
};

enum class filter_mode { serial_in_order, parallel };

template <class In, class Out, class F>
struct filter {
  F run;
};
template <class In, class Out, class F>
filter<In, Out, F> make_filter(filter_mode, F run) {
  return {std::move(run)};
}
// A pipeline from its first filter on.
template <class B, class C, class F, class G>
auto operator&(filter<void, B, F> first, filter<B, C, G> second) {
  const auto both = [first, second](flow_control& flow) -> C {
    auto item = first.run(flow);
    if (flow.stopped()) return C();  // what the first one returns then is nothing
    return second.run(item);
  };
  return filter<void, C, decltype(both)>{both};
}
template <class F>
void parallel_pipeline(std::size_t, const filter<void, void, F>& all) {
  for (flow_control flow; !flow.stopped();) all.run(flow);
}

namespace this_task_arena {
inline int max_concurrency() { return 1; }
}  // namespace this_task_arena
namespace info {
inline int default_concurrency() { return 1; }
}  // namespace info

class global_control {
 public:
  static constexpr int max_allowed_parallelism = 0;
  global_control(int, std::size_t) {}
};

class task_arena {
 public:
  explicit task_arena(int) {}
  template <class F>
  auto execute(F f) {
    return f();
  }
};

}  // namespace tbb
