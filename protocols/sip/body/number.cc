#include "protocols/sip/body/number.h"

#include <charconv>

#include "engine/base/check.h"

namespace sip {

void write_number(uint32_t number, base::Sink& out) {
  char text[10];
  const auto [end, error] = std::to_chars(text, text + sizeof text, number);
  CHECK(error == std::errc());
  out.append(text, static_cast<size_t>(end - text));
}

void write_number_attribute(base::Bytes name, uint32_t number, base::Sink& out) {
  out.append(" ").append(name).append("='");
  write_number(number, out);
  out.append("'");
}

}  // namespace sip
