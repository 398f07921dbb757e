// Gives librdkafka tokens for OAUTHBEARER when it asks for one.
#pragma once

#include <librdkafka/rdkafka.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "auditstream/result.h"
#include "oauth/token.h"

namespace auditstream::kafka {

// Called on a thread of librdkafka's for each handle, at times by several of them at once. May block.
using TokenSource = std::function<Result<oauth::Token>()>;

// To be called before and after the handle is made. The source is kept for ever: a handle that was given up may
// outlive everything else.
Status ask_for_tokens(rd_kafka_conf_t* conf, std::shared_ptr<const TokenSource> source);
void begin_refreshing(rd_kafka_t* handle);

// Why there is no token now, if one was asked for. From any thread.
std::optional<Error> token_error();

}  // namespace auditstream::kafka
