#include "config/secret_reader.h"

#include "config/expansion.h"

namespace auditstream::config {

Result<Secrets> read_secrets(const Source& source) {
  Secrets secrets;
  for (const auto& [name, spelled] : source.secret_templates) {
    Result<Revealed> revealed = reveal(spelled.reveal(), source.allowance ? &*source.allowance : nullptr);
    if (!revealed.ok()) return Error{name + ": " + revealed.error().message};
    secrets[name] = Secret(std::move(revealed->text));
  }
  return secrets;
}

}  // namespace auditstream::config
