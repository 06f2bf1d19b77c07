// XEP-0202: Entity Time. The node thinks in UTC and says so: its operator's time zone is nobody's
// business.
#include <string>

#include "engine/base/datetime.h"
#include "protocols/xmpp/feature.h"

namespace xmpp::xep {
namespace {

constexpr base::Bytes kNamespace = "urn:xmpp:time";

void answer(Request& request) {
  std::string out = "<time xmlns='urn:xmpp:time'><tzo>Z</tzo><utc>";
  base::format_datetime(request.turn.wall, base::Fraction::none, out);
  out += "</utc></time>";
  request.result(out);
}

constexpr base::Bytes kDisco[] = {kNamespace};
constexpr Hook kHooks[] = {
    {IqKind::get, static_cast<uint8_t>(To::host), "time", kNamespace, answer}};

}  // namespace

constinit const Feature entity_time{
    .xep = 202, .title = "Entity Time", .version = "2.0", .disco = kDisco, .hooks = kHooks};

}  // namespace xmpp::xep
