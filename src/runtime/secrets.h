// Secrets for the pollers, from the config's templates.
#pragma once

#include "config/config.h"
#include "core/poller.h"

namespace auditstream::runtime {

class ReadSecrets final : public core::SecretSource {
 public:
  Result<Secrets> read(const Source& source) override { return reader_.read(source); }

 private:
  config::SecretReader reader_;
};

}  // namespace auditstream::runtime
