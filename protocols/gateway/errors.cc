#include "protocols/gateway/errors.h"

#include "engine/base/check.h"

namespace gateway {
namespace {

struct ConditionRow {
  im::ErrorCondition condition;
  uint16_t full;
  uint16_t bare;
};
constexpr ConditionRow kConditions[] = {
#define CONDITION(name, full, bare) {im::ErrorCondition::name, full, bare},
#define STATUS(status, name)
#include "protocols/gateway/errors.def"
#undef CONDITION
#undef STATUS
};

struct StatusRow {
  uint16_t status;
  im::ErrorCondition condition;
};
constexpr StatusRow kStatuses[] = {
#define CONDITION(name, full, bare)
#define STATUS(status, name) {status, im::ErrorCondition::name},
#include "protocols/gateway/errors.def"
#undef CONDITION
#undef STATUS
};

}  // namespace

uint16_t status_of(im::ErrorCondition condition, bool full) {
  for (const ConditionRow& row : kConditions) {
    if (row.condition == condition) return full ? row.full : row.bare;
  }
  CHECK(false);  // every condition has a row
  return 0;
}

im::ErrorCondition condition_of(uint16_t status) {
  CHECK(status >= 300 && status < 700);
  for (const StatusRow& row : kStatuses) {
    if (row.status == status) return row.condition;
  }
  return condition_of(static_cast<uint16_t>(status / 100 * 100));
}

}  // namespace gateway
