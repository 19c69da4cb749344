#include "unikernel-example/application/http_date.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace docteur::cache_vm {
namespace {

constexpr std::array<std::string_view, 7> kDays{"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::int64_t kDaySeconds = 86'400;

void put_digits(char* at, unsigned digits, unsigned value) noexcept {
  for (; digits > 0; value /= 10) at[--digits] = static_cast<char>('0' + value % 10);
}

// Reads a text from its front. After an error every further step fails.
class reader {
 public:
  explicit reader(std::string_view text) noexcept : rest_(text) {}
  void literal(std::string_view expected) noexcept {
    good_ = good_ && rest_.starts_with(expected);
    if (good_) rest_.remove_prefix(expected.size());
  }
  [[nodiscard]] unsigned number(std::size_t digits, bool padded_with_space = false) noexcept {
    unsigned value = 0;
    good_ = good_ && rest_.size() >= digits;
    for (std::size_t i = 0; good_ && i < digits; ++i) {
      if (i == 0 && padded_with_space && rest_[0] == ' ') continue;
      good_ = rest_[i] >= '0' && rest_[i] <= '9';
      value = value * 10 + static_cast<unsigned>(rest_[i] - '0');
    }
    if (good_) rest_.remove_prefix(digits);
    return value;
  }
  // The index of the name at the front, each cut to `length` characters unless that is 0.
  template <std::size_t N>
  [[nodiscard]] unsigned one_of(const std::array<std::string_view, N>& names, std::size_t length) noexcept {
    for (unsigned i = 0; good_ && i < N; ++i) {
      const std::string_view name = length == 0 ? names[i] : names[i].substr(0, length);
      if (!rest_.starts_with(name)) continue;
      rest_.remove_prefix(name.size());
      return i;
    }
    good_ = false;
    return 0;
  }
  [[nodiscard]] bool ended_well() const noexcept { return good_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool good_ = true;
};

struct clock_time {
  unsigned hour, minute, second;
};

clock_time read_time(reader& r) noexcept {
  clock_time t{};
  t.hour = r.number(2);
  r.literal(":");
  t.minute = r.number(2);
  r.literal(":");
  t.second = r.number(2);
  return t;
}

std::optional<std::int64_t> seconds_of(unsigned year, unsigned month, unsigned day, const clock_time& t) noexcept {
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(year)), std::chrono::month(month + 1),
                                         std::chrono::day(day)};
  if (!date.ok() || t.hour > 23 || t.minute > 59 || t.second > 60) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  return days * kDaySeconds + t.hour * 3600 + t.minute * 60 + t.second;
}

unsigned year_of(std::int64_t seconds) noexcept {
  const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(seconds / kDaySeconds))};
  return static_cast<unsigned>(static_cast<int>(date.year()));
}

}  // namespace

http_date format_http_date(std::int64_t seconds) noexcept {
  constexpr std::int64_t first = -62'167'219'200;  // 0000-01-01
  constexpr std::int64_t last = 253'402'300'799;   // 9999-12-31T23:59:59
  seconds = std::clamp(seconds, first, last);
  std::int64_t day = seconds / kDaySeconds;
  std::int64_t rest = seconds % kDaySeconds;
  if (rest < 0) {
    rest += kDaySeconds;
    --day;
  }
  const std::chrono::sys_days when{std::chrono::days(day)};
  const std::chrono::year_month_day date{when};
  http_date out;
  constexpr std::string_view form = "Sun, 06 Nov 1994 08:49:37 GMT";
  static_assert(form.size() == std::tuple_size_v<decltype(out.text)>);
  std::ranges::copy(form, out.text.begin());
  std::ranges::copy(kDays[std::chrono::weekday(when).c_encoding()].substr(0, 3), out.text.begin());
  put_digits(&out.text[5], 2, static_cast<unsigned>(date.day()));
  std::ranges::copy(kMonths[static_cast<unsigned>(date.month()) - 1], &out.text[8]);
  put_digits(&out.text[12], 4, static_cast<unsigned>(static_cast<int>(date.year())));
  put_digits(&out.text[17], 2, static_cast<unsigned>(rest / 3600));
  put_digits(&out.text[20], 2, static_cast<unsigned>(rest / 60 % 60));
  put_digits(&out.text[23], 2, static_cast<unsigned>(rest % 60));
  return out;
}

std::optional<std::int64_t> parse_http_date(std::string_view text, std::int64_t now) noexcept {
  reader r(text);
  unsigned year = 0;
  unsigned month = 0;
  unsigned day = 0;
  clock_time t{};
  if (text.size() > 3 && text[3] == ',') {  // Sun, 06 Nov 1994 08:49:37 GMT
    (void)r.one_of(kDays, 3);
    r.literal(", ");
    day = r.number(2);
    r.literal(" ");
    month = r.one_of(kMonths, 0);
    r.literal(" ");
    year = r.number(4);
    r.literal(" ");
    t = read_time(r);
    r.literal(" GMT");
  } else if (text.find(',') != std::string_view::npos) {  // Sunday, 06-Nov-94 08:49:37 GMT
    (void)r.one_of(kDays, 0);
    r.literal(", ");
    day = r.number(2);
    r.literal("-");
    month = r.one_of(kMonths, 0);
    r.literal("-");
    const unsigned this_year = year_of(now);
    year = this_year / 100 * 100 + r.number(2);
    if (year > this_year + 50) year -= 100;
    r.literal(" ");
    t = read_time(r);
    r.literal(" GMT");
  } else {  // Sun Nov  6 08:49:37 1994
    (void)r.one_of(kDays, 3);
    r.literal(" ");
    month = r.one_of(kMonths, 0);
    r.literal(" ");
    day = r.number(2, true);
    r.literal(" ");
    t = read_time(r);
    r.literal(" ");
    year = r.number(4);
  }
  if (!r.ended_well()) return std::nullopt;
  return seconds_of(year, month, day, t);
}

}  // namespace docteur::cache_vm
