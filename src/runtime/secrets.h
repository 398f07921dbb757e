// Secrets for the pollers, from the config's templates.
#pragma once

#include "config/config.h"
#include "core/poller.h"

namespace auditstream {

class ReadSecrets final : public SecretSource {
 public:
  Result<Secrets> read(const Source& source) override { return reader_.read(source); }

 private:
  SecretReader reader_;
};

}  // namespace auditstream
