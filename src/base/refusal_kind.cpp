// The names of refusals in metrics, logs and tests.
#include "auditstream/model.h"

#include "auditstream/check.h"

namespace auditstream {

const char* to_string(RefusalKind kind) {
  switch (kind) {
    case RefusalKind::throttled:
      return "throttled";
    case RefusalKind::unauthorized:
      return "unauthorized";
    case RefusalKind::forbidden:
      return "forbidden";
    case RefusalKind::not_found:
      return "not_found";
    case RefusalKind::transient:
      return "transient";
    case RefusalKind::too_slow:
      return "too_slow";
    case RefusalKind::too_large:
      return "too_large";
    case RefusalKind::malformed:
      return "malformed";
  }
  AS_CHECK(false);
}

}  // namespace auditstream
