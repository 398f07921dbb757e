// "Did you mean" is for slips, not for whatever comes closest.
#include "config/nearest.h"

#include <gtest/gtest.h>

namespace auditstream {
namespace {

TEST(NearestName, IsWhatASlipMadeOfIt) {
  const std::vector<std::string> names{"acme-tines", "acme-workato", "globex", "key"};
  EXPECT_EQ(config::nearest_name("acme-tinse", names), "acme-tines");
  EXPECT_EQ(config::nearest_name("ACME_TINES", names), "acme-tines");
  EXPECT_EQ(config::nearest_name("acme-wrkto", names), "acme-workato");
  EXPECT_EQ(config::nearest_name("glbex", names), "globex");
  EXPECT_EQ(config::nearest_name("ke", names), "key");
  EXPECT_EQ(config::did_you_mean("kex", names), "; did you mean \"key\"?");
}

TEST(NearestName, IsNoneWhereNoneIsNear) {
  const std::vector<std::string> names{"acme-tines", "acme-workato", "globex", "key"};
  for (const char* name : {"initech", "payroll", "", "x", "id", "acme", "tines-of-another-tenant"}) {
    EXPECT_EQ(config::nearest_name(name, names), "") << name;
    EXPECT_EQ(config::did_you_mean(name, names), "");
  }
  EXPECT_EQ(config::nearest_name("acme", {}), "");
}

}  // namespace
}  // namespace auditstream
