#include "protocols/jid/jid.h"

#include "engine/base/check.h"
#include "protocols/jid/ascii.h"
#include "protocols/jid/domain.h"

namespace jid {
namespace {

constexpr size_t kNowhere = base::Bytes::npos;

struct Parts {
  size_t at = kNowhere;
  size_t slash = kNowhere;
  base::Bytes local;
  base::Bytes domain;
  base::Bytes resource;
};

// RFC 7622 §3.1: the first '/' ends the bare JID, the first '@' before it ends the localpart.
Parts split(base::Bytes in) {
  Parts parts;
  parts.slash = in.find('/');
  const base::Bytes bare = in.substr(0, parts.slash);
  parts.at = bare.find('@');
  if (parts.at != kNowhere) parts.local = bare.substr(0, parts.at);
  parts.domain = parts.at == kNowhere ? bare : bare.substr(parts.at + 1);
  if (parts.slash != kNowhere) parts.resource = in.substr(parts.slash + 1);
  return parts;
}

bool is_normal(base::Bytes part, uint8_t wanted) {
  return !part.empty() && part.size() <= kPartBytesMax && all_allowed(part, wanted);
}

uint16_t offset(size_t at) {
  if (at == kNowhere) return UINT16_MAX;
  CHECK(at < UINT16_MAX);
  return static_cast<uint16_t>(at);
}

}  // namespace

base::Bytes JidView::domain() const {
  const base::Bytes bare = this->bare();
  return has_local() ? bare.substr(at_ + size_t{1}) : bare;
}

base::Bytes JidView::resource() const {
  return has_resource() ? text_.substr(slash_ + size_t{1}) : base::Bytes();
}

JidView JidView::bare_jid() const {
  JidView bare;
  bare.text_ = this->bare();
  bare.at_ = at_;
  return bare;
}

JidView JidView::trusted(base::Bytes normalised) {
  const Parts parts = split(normalised);
  JidView view;
  view.text_ = normalised;
  view.at_ = offset(parts.at);
  view.slash_ = offset(parts.slash);
  return view;
}

bool parse(base::Bytes in, std::string& scratch, JidView& out) {
  scratch.clear();
  const Parts parts = split(in);
  const bool has_local = parts.at != kNowhere;
  const bool has_resource = parts.slash != kNowhere;
  if ((!has_local || is_normal(parts.local, kLocal)) && is_normal_domain(parts.domain) &&
      (!has_resource || is_normal(parts.resource, kResource))) {
    out.text_ = in;
    out.at_ = offset(parts.at);
    out.slash_ = offset(parts.slash);
    return true;
  }
  size_t at = kNowhere;
  size_t slash = kNowhere;
  if (has_local) {
    if (!prepare_local(parts.local, scratch)) return false;
    at = scratch.size();
    scratch.push_back('@');
  }
  if (!prepare_domain(parts.domain, scratch)) return false;
  if (has_resource) {
    slash = scratch.size();
    scratch.push_back('/');
    if (!prepare_resource(parts.resource, scratch)) return false;
  }
  CHECK(scratch.size() <= 3 * kPartBytesMax + 2);
  out.text_ = scratch;
  out.at_ = offset(at);
  out.slash_ = offset(slash);
  return true;
}

}  // namespace jid
