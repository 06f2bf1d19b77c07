#include "appliance/names/srv_reply.h"

#include <ares.h>

namespace names {
namespace {

constexpr size_t kHeader = 12;
constexpr uint16_t kSrv = 33;
constexpr uint16_t kInternet = 1;

// Reads a reply from its front (RFC 1035 §4.1); what is not there makes it fail for good.
class Cursor {
 public:
  explicit Cursor(base::Bytes reply) : reply_(reply) {}

  uint16_t number() {
    const base::Bytes two = take(2);
    if (two.empty()) return 0;
    return static_cast<uint16_t>(static_cast<uint8_t>(two[0]) << 8 | static_cast<uint8_t>(two[1]));
  }
  uint32_t long_number() {
    const uint32_t high = number();
    return high << 16 | number();
  }
  // Names may be compressed: they point back into the reply.
  std::string name() {
    char* text = nullptr;
    long size = 0;
    const auto* const whole = reinterpret_cast<const unsigned char*>(reply_.data());
    failed_ = failed_ || at_ >= reply_.size() ||
              ares_expand_name(whole + at_, whole, static_cast<int>(reply_.size()), &text, &size) !=
                  ARES_SUCCESS;
    if (failed_) return {};
    std::string out(text);
    ares_free_string(text);
    take(static_cast<size_t>(size));
    return out;
  }
  base::Bytes take(size_t size) {
    failed_ = failed_ || size > reply_.size() - at_;
    if (failed_) return {};
    at_ += size;
    return reply_.substr(at_ - size, size);
  }
  bool failed() const { return failed_; }
  size_t at() const { return at_; }

 private:
  base::Bytes reply_;
  size_t at_ = 0;
  bool failed_ = false;
};

}  // namespace

bool read_srv_reply(base::Bytes reply, std::vector<SrvRecord>& out) {
  if (reply.size() < kHeader || reply.size() > 65535) return false;
  Cursor cursor(reply);
  cursor.take(4);
  const uint16_t questions = cursor.number();
  const uint16_t answers = cursor.number();
  cursor.take(4);
  for (uint16_t i = 0; i < questions && !cursor.failed(); ++i) {
    cursor.name();
    cursor.take(4);
  }
  for (uint16_t i = 0; i < answers && !cursor.failed(); ++i) {
    cursor.name();
    const uint16_t type = cursor.number();
    const uint16_t family = cursor.number();
    const uint32_t ttl = cursor.long_number();
    const uint16_t size = cursor.number();
    const size_t begin = cursor.at();
    if (type != kSrv || family != kInternet) {  // a CNAME on the way there, say
      cursor.take(size);
      continue;
    }
    SrvRecord one;
    one.ttl = ttl;
    one.priority = cursor.number();
    one.weight = cursor.number();
    one.port = cursor.number();
    one.target = cursor.name();
    if (one.target.empty()) one.target = ".";
    if (cursor.failed() || cursor.at() != begin + size) return false;
    if (out.size() < kRecordsMax) out.push_back(std::move(one));
  }
  return !cursor.failed();
}

}  // namespace names
