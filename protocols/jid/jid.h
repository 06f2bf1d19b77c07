// XMPP addresses (RFC 7622). A JidView is normalised text plus two offsets; because the parts stand
// in one piece, the bare JID is a prefix of the full one and costs nothing to take.
// ASCII that is already in normal form is not copied; everything else goes through PRECIS
// (UsernameCaseMapped, OpaqueString) with ICU and IDNA with libidn2 into the caller's scratch.
// Values; any shard. Each part at most 1023 octets.
#pragma once

#include <cstdint>
#include <string>

#include "engine/base/bytes.h"

namespace jid {

class JidView {
 public:
  JidView() = default;
  base::Bytes full() const { return text_; }
  base::Bytes local() const { return has_local() ? text_.substr(0, at_) : base::Bytes(); }
  base::Bytes domain() const;
  base::Bytes resource() const;
  base::Bytes bare() const { return has_resource() ? text_.substr(0, slash_) : text_; }
  JidView bare_jid() const;
  bool empty() const { return text_.empty(); }
  bool has_local() const { return at_ != kNone; }
  bool has_resource() const { return slash_ != kNone; }
  friend bool operator==(const JidView& a, const JidView& b) { return a.text_ == b.text_; }

  // Takes text known to be normalised (it came out of parse() or of our own store).
  static JidView trusted(base::Bytes normalised);

 private:
  friend bool parse(base::Bytes, std::string&, JidView&);
  static constexpr uint16_t kNone = UINT16_MAX;
  base::Bytes text_;
  uint16_t at_ = kNone;
  uint16_t slash_ = kNone;
};

// False: not a JID. `out` views `in` or `scratch` (which is cleared first).
[[nodiscard]] bool parse(base::Bytes in, std::string& scratch, JidView& out);

// One part alone, normalised and appended to `out`; false: not allowed (out unchanged).
[[nodiscard]] bool prepare_local(base::Bytes in, std::string& out);
[[nodiscard]] bool prepare_domain(base::Bytes in, std::string& out);
[[nodiscard]] bool prepare_resource(base::Bytes in, std::string& out);
// SASL usernames and passwords (RFC 8265 OpaqueString; SASLprep's successor).
[[nodiscard]] bool prepare_password(base::Bytes in, std::string& out);

// Owns its text.
class Jid {
 public:
  Jid() = default;
  explicit Jid(const JidView& view) : text_(view.full()) {}
  JidView view() const { return JidView::trusted(text_); }
  base::Bytes full() const { return text_; }
  bool empty() const { return text_.empty(); }

 private:
  std::string text_;
};

}  // namespace jid
