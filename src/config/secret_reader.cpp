// Reads secrets when they are used: files may have been rotated since the config was loaded.
#include "config/config.h"
#include "config/expansion.h"

namespace auditstream::config {

Result<Secrets> SecretReader::read(const Source& source) {
  Secrets secrets;
  for (const auto& [name, spelled] : source.secret_templates) {
    Result<Revealed> revealed = reveal(spelled.reveal(), source.allowance ? &*source.allowance : nullptr);
    if (!revealed.ok()) return Error{name + ": " + revealed.error().message};
    secrets[name] = Secret(std::move(revealed->text));
  }
  return secrets;
}

}  // namespace auditstream::config
