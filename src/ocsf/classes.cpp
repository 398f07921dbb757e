#include "ocsf/classes.h"

#include <algorithm>
#include <iterator>

namespace auditstream::ocsf {
namespace {

constexpr Class base_event{.uid = 0,
                           .name = "base_event",
                           .has_actor = false,
                           .needs_actor = false,
                           .has_resources = false,
                           .has_user = false,
                           .has_service = false};
constexpr Class account_change{.uid = 3001,
                               .name = "account_change",
                               .has_actor = true,
                               .needs_actor = false,
                               .has_resources = false,
                               .has_user = true,
                               .has_service = false};
constexpr Class authentication{.uid = 3002,
                               .name = "authentication",
                               .has_actor = true,
                               .needs_actor = false,
                               .has_resources = false,
                               .has_user = true,
                               .has_service = true};
constexpr Class api_activity{.uid = 6003,
                             .name = "api_activity",
                             .has_actor = true,
                             .needs_actor = true,
                             .has_resources = true,
                             .has_user = false,
                             .has_service = false};

struct NamedType {
  std::string_view name;
  Type type;
};

constexpr NamedType types[] = {
    {"base_event/unknown", {&base_event, 0, "Unknown"}},
    {"base_event/other", {&base_event, 99, "Other"}},
    {"account_change/unknown", {&account_change, 0, "Unknown"}},
    {"account_change/create", {&account_change, 1, "Create"}},
    {"account_change/enable", {&account_change, 2, "Enable"}},
    {"account_change/password_change", {&account_change, 3, "Password Change"}},
    {"account_change/password_reset", {&account_change, 4, "Password Reset"}},
    {"account_change/disable", {&account_change, 5, "Disable"}},
    {"account_change/delete", {&account_change, 6, "Delete"}},
    {"account_change/attach_policy", {&account_change, 7, "Attach Policy"}},
    {"account_change/detach_policy", {&account_change, 8, "Detach Policy"}},
    {"account_change/lock", {&account_change, 9, "Lock"}},
    {"account_change/mfa_factor_enable", {&account_change, 10, "MFA Factor Enable"}},
    {"account_change/mfa_factor_disable", {&account_change, 11, "MFA Factor Disable"}},
    {"account_change/unlock", {&account_change, 12, "Unlock"}},
    {"account_change/other", {&account_change, 99, "Other"}},
    {"authentication/unknown", {&authentication, 0, "Unknown"}},
    {"authentication/logon", {&authentication, 1, "Logon"}},
    {"authentication/logoff", {&authentication, 2, "Logoff"}},
    {"authentication/account_switch", {&authentication, 7, "Account Switch"}},
    {"authentication/other", {&authentication, 99, "Other"}},
    {"api_activity/unknown", {&api_activity, 0, "Unknown"}},
    {"api_activity/create", {&api_activity, 1, "Create"}},
    {"api_activity/read", {&api_activity, 2, "Read"}},
    {"api_activity/update", {&api_activity, 3, "Update"}},
    {"api_activity/delete", {&api_activity, 4, "Delete"}},
    {"api_activity/other", {&api_activity, 99, "Other"}},
};

struct NamedOutcome {
  std::string_view name;
  int id;
};

constexpr NamedOutcome outcomes[] = {
    {"unknown", outcome_unknown}, {"success", 1}, {"failure", 2}, {"other", 99}};

template <class Named>
std::vector<std::string> names_of(const Named& all) {
  std::vector<std::string> names;
  for (const auto& one : all) names.emplace_back(one.name);
  return names;
}

}  // namespace

std::optional<Type> find_type(std::string_view name) {
  const auto* found = std::ranges::find(types, name, &NamedType::name);
  return found == std::end(types) ? std::nullopt : std::optional(found->type);
}
std::vector<std::string> type_names() { return names_of(types); }
const Type& unknown_type() { return types[0].type; }

std::optional<int> find_outcome(std::string_view name) {
  const auto* found = std::ranges::find(outcomes, name, &NamedOutcome::name);
  return found == std::end(outcomes) ? std::nullopt : std::optional(found->id);
}
std::vector<std::string> outcome_names() { return names_of(outcomes); }

}  // namespace auditstream::ocsf
