// The Bidi Rule (RFC 5893 §2), its six conditions.
#include <unicode/uchar.h>

#include "protocols/jid/precis.h"

namespace jid {
namespace {

constexpr uint32_t bit(UCharDirection direction) { return 1u << direction; }

constexpr uint32_t kRightToLeft = bit(U_RIGHT_TO_LEFT) | bit(U_RIGHT_TO_LEFT_ARABIC);
constexpr uint32_t kNeutral = bit(U_EUROPEAN_NUMBER_SEPARATOR) | bit(U_COMMON_NUMBER_SEPARATOR) |
                              bit(U_EUROPEAN_NUMBER_TERMINATOR) | bit(U_OTHER_NEUTRAL) |
                              bit(U_BOUNDARY_NEUTRAL) | bit(U_DIR_NON_SPACING_MARK);
constexpr uint32_t kEuropean = bit(U_EUROPEAN_NUMBER);
constexpr uint32_t kArabic = bit(U_ARABIC_NUMBER);

}  // namespace

bool obeys_bidi_rule(const icu::UnicodeString& text) {
  uint32_t seen = 0;
  uint32_t first = 0;
  uint32_t last = 0;  // not counting non-spacing marks at the end
  for (int32_t i = 0; i < text.length(); i = text.moveIndex32(i, 1)) {
    const uint32_t direction = bit(u_charDirection(text.char32At(i)));
    if (first == 0) first = direction;
    if (direction != bit(U_DIR_NON_SPACING_MARK)) last = direction;
    seen |= direction;
  }
  if ((seen & (kRightToLeft | kArabic)) == 0) return true;
  if ((first & kRightToLeft) != 0) {
    if ((seen & ~(kRightToLeft | kArabic | kEuropean | kNeutral)) != 0) return false;
    if ((last & (kRightToLeft | kEuropean | kArabic)) == 0) return false;
    return (seen & kEuropean) == 0 || (seen & kArabic) == 0;
  }
  // Left-to-right text has no room for right-to-left characters at all.
  return false;
}

}  // namespace jid
