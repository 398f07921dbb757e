// The name server of this program: names under .invalid never leave it and mean what a test says. Stands
// before the C library's getaddrinfo, libcurl's calls included.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <string>

namespace auditstream::http {

class Resolver {
 public:
  static Resolver& instance();

  // What `name` resolves to from now on, and how often that has been asked for.
  void set(const std::string& name, const std::string& address);
  int asked_for(const std::string& name) const;

  // From now on "stuck.invalid" is not answered, until answer(), which waits for those that hang.
  void hang();
  int hanging() const;
  void answer();

  // For getaddrinfo: an address, or "" where there is none.
  std::string look_up(const std::string& name);

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool answers_ = true;
  int hanging_ = 0;
  std::map<std::string, std::string> addresses_;
  std::map<std::string, int> asked_for_;
};

}  // namespace auditstream::http
