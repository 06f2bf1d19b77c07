// "Did you mean …?" for names people mistype.
// Any thread; for error messages, where names are few and short.
#pragma once

#include <string>
#include <vector>

namespace appliance {

// The known name closest to `name` by edit distance, if it is close enough to be meant; else "".
// A name that matches a known one's last part (`depth` for `xml.after_login.depth`) counts too.
std::string closest(const std::string& name, const std::vector<std::string>& known);

}  // namespace appliance
