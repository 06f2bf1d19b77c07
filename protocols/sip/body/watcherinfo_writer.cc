#include "protocols/sip/body/watcherinfo_writer.h"

#include <array>

#include "engine/base/check.h"
#include "protocols/sip/body/number.h"
#include "protocols/xml/writer.h"

namespace sip {
namespace {

constexpr std::array<base::Bytes, 4> kStatuses = {"pending", "active", "waiting", "terminated"};
constexpr std::array<base::Bytes, 8> kEvents = {"subscribe", "approved",  "deactivated",
                                                "probation", "rejected",  "timeout",
                                                "giveup",    "noresource"};

}  // namespace

WatcherinfoWriter::WatcherinfoWriter(base::Bytes resource, base::Bytes package, uint32_t version,
                                     bool full, base::Sink& out)
    : out_(out) {
  CHECK(full || version > 0);  // RFC 3858 §4.1: the first is full
  out_.append("<?xml version='1.0' encoding='UTF-8'?>\r\n");
  out_.append("<watcherinfo xmlns='urn:ietf:params:xml:ns:watcherinfo'");
  write_number_attribute("version", version, out_);
  xml::write_attribute("state", full ? "full" : "partial", out_);
  out_.append("><watcher-list");
  xml::write_attribute("resource", resource, out_);
  xml::write_attribute("package", package, out_);
  out_.append(">");
}

void WatcherinfoWriter::watcher(const WatcherEntry& entry) {
  const auto status = static_cast<size_t>(entry.status);
  const auto event = static_cast<size_t>(entry.event);
  CHECK(status < kStatuses.size() && event < kEvents.size() && !entry.id.empty());
  out_.append("<watcher");
  xml::write_attribute("id", entry.id, out_);
  xml::write_attribute("status", kStatuses[status], out_);
  xml::write_attribute("event", kEvents[event], out_);
  if (!entry.display_name.empty()) {
    xml::write_attribute("display-name", entry.display_name, out_);
  }
  write_number_attribute("duration-subscribed", entry.subscribed_seconds, out_);
  if (entry.expires_seconds > 0) {
    write_number_attribute("expiration", entry.expires_seconds, out_);
  }
  out_.append(">");
  xml::escape_text(entry.uri, out_);
  out_.append("</watcher>");
}

void WatcherinfoWriter::end() { out_.append("</watcher-list></watcherinfo>"); }

}  // namespace sip
