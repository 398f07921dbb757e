// HangUp: whether it is a broker at all that ends our connections.
#pragma once

#include <string>

namespace auditstream::kafka {

// Whether all of bootstrap.servers that accept a connection close it at once, as a proxy or load balancer
// does whose brokers are down; a broker waits for a request. At most some seconds for each.
bool hangs_up_unasked(const std::string& bootstrap_servers);

}  // namespace auditstream::kafka
