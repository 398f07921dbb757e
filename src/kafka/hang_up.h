// HangUp: whether it is a broker at all that ends our connections.
#pragma once

#include <string>

namespace auditstream::kafka {

// Whether each of bootstrap.servers that takes a connection ends it before it has heard anything, as a proxy
// or a load balancer does whose brokers are away; a broker waits to be asked. At most some seconds for each.
bool hangs_up_unasked(const std::string& bootstrap_servers);

}  // namespace auditstream::kafka
