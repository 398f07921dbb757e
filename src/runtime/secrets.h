// Secrets for the pollers, from the config's templates.
#pragma once

#include "config/secret_reader.h"
#include "core/poller.h"

namespace auditstream::runtime {

class ReadSecrets final : public core::SecretSource {
 public:
  Result<Secrets> read(const Source& source) override { return config::read_secrets(source); }
};

}  // namespace auditstream::runtime
