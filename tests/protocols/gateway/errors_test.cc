#include "protocols/gateway/errors.h"

#include <gtest/gtest.h>

namespace gateway {
namespace {

using E = im::ErrorCondition;

TEST(Errors, OfXmppInSip) {
  struct Row {
    E condition;
    uint16_t full;
    uint16_t bare;
  };
  const Row rows[] = {
      {E::bad_request, 400, 400},
      {E::conflict, 400, 400},
      {E::feature_not_implemented, 405, 501},
      {E::forbidden, 403, 603},
      {E::gone, 410, 410},
      {E::internal_server_error, 500, 500},
      {E::item_not_found, 404, 604},
      {E::jid_malformed, 400, 400},
      {E::not_acceptable, 406, 606},
      {E::not_allowed, 403, 403},
      {E::not_authorized, 401, 401},
      {E::policy_violation, 403, 403},
      {E::recipient_unavailable, 480, 600},
      {E::redirect, 302, 302},
      {E::registration_required, 407, 407},
      {E::remote_server_not_found, 404, 404},
      {E::remote_server_timeout, 408, 408},
      {E::resource_constraint, 500, 500},
      {E::service_unavailable, 403, 403},
      {E::subscription_required, 400, 400},
      {E::undefined_condition, 400, 400},
      {E::unexpected_request, 491, 491},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(status_of(row.condition, true), row.full) << im::name(row.condition);
    EXPECT_EQ(status_of(row.condition, false), row.bare) << im::name(row.condition);
  }
}

// RFC 7247 §4: 503 says that the whole server is down, and shuts out everybody's requests.
TEST(Errors, NeverBecomeServiceUnavailable) {
  for (int i = 0; i <= static_cast<int>(E::unexpected_request); ++i) {
    for (const bool full : {true, false}) {
      const uint16_t status = status_of(static_cast<E>(i), full);
      EXPECT_NE(status, 503);
      EXPECT_TRUE(status >= 300 && status < 700);
    }
  }
}

TEST(Errors, OfSipInXmpp) {
  struct Row {
    uint16_t status;
    E condition;
  };
  const Row rows[] = {
      {300, E::redirect},
      {301, E::gone},
      {302, E::redirect},
      {380, E::not_acceptable},
      {400, E::bad_request},
      {401, E::not_authorized},
      {402, E::bad_request},
      {403, E::forbidden},
      {404, E::item_not_found},
      {405, E::feature_not_implemented},
      {406, E::not_acceptable},
      {407, E::registration_required},
      {408, E::remote_server_timeout},
      {410, E::gone},
      {413, E::policy_violation},
      {415, E::not_acceptable},
      {420, E::feature_not_implemented},
      {423, E::resource_constraint},
      {430, E::recipient_unavailable},
      {480, E::recipient_unavailable},
      {481, E::item_not_found},
      {482, E::not_acceptable},
      {484, E::item_not_found},
      {486, E::recipient_unavailable},
      {488, E::not_acceptable},
      {489, E::policy_violation},
      {491, E::unexpected_request},
      {493, E::bad_request},
      {500, E::internal_server_error},
      {501, E::feature_not_implemented},
      {502, E::remote_server_not_found},
      {503, E::internal_server_error},
      {504, E::remote_server_timeout},
      {505, E::not_acceptable},
      {513, E::policy_violation},
      {600, E::recipient_unavailable},
      {603, E::recipient_unavailable},
      {604, E::item_not_found},
      {606, E::not_acceptable},
  };
  for (const Row& row : rows) EXPECT_EQ(condition_of(row.status), row.condition) << row.status;
}

TEST(Errors, StatusThatNobodyKnowsIsItsClasss) {
  EXPECT_EQ(condition_of(399), E::redirect);
  EXPECT_EQ(condition_of(499), E::bad_request);
  EXPECT_EQ(condition_of(599), E::internal_server_error);
  EXPECT_EQ(condition_of(699), E::recipient_unavailable);
  for (uint16_t status = 300; status < 700; ++status) condition_of(status);  // each has one
}

}  // namespace
}  // namespace gateway
