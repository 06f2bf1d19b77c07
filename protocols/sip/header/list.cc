#include "protocols/sip/header/list.h"

#include "protocols/sip/message/characters.h"

namespace sip {
namespace {

// Where the element at the front ends: its comma, or the end of the text.
size_t find_comma(base::Bytes text) {
  bool quoted = false;
  bool angled = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      if (c == '"') quoted = false;
    } else if (angled) {
      if (c == '>') angled = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '<') {
      angled = true;
    } else if (c == ',') {
      return i;
    }
  }
  return text.size();
}

base::Bytes trim(base::Bytes text) {
  while (!text.empty() && is(kSpace, text.front())) text.remove_prefix(1);
  while (!text.empty() && is(kSpace, text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace

void ListReader::open_line() {
  more_ = false;
  while (field_ != nullptr && !more_) {
    rest_ = message_->value(*field_);
    more_ = !rest_.empty();
    field_ = message_->next(*field_);
  }
}

bool ListReader::next(base::Bytes& element) {
  if (!more_) return false;
  const size_t comma = find_comma(rest_);
  element = trim(rest_.substr(0, comma));
  if (comma < rest_.size()) {
    rest_.remove_prefix(comma + 1);
  } else {
    open_line();
  }
  return true;
}

bool list_contains(const Message& message, HeaderId id, base::Bytes name) {
  ListReader list(message, id);
  base::Bytes element;
  while (list.next(element)) {
    const base::Bytes first = trim(element.substr(0, element.find(';')));
    if (equal_ignoring_case(first, name)) return true;
  }
  return false;
}

}  // namespace sip
