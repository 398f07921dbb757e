#include "http/resolver.h"

#include <dlfcn.h>
#include <netdb.h>

#include <string_view>

namespace auditstream::http {

Resolver& Resolver::instance() {
  static Resolver resolver;
  return resolver;
}

void Resolver::set(const std::string& name, const std::string& address) {
  const std::lock_guard lock(mutex_);
  addresses_[name] = address;
  asked_for_[name] = 0;
}

int Resolver::asked_for(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  return asked_for_.at(name);
}

void Resolver::hang() {
  const std::lock_guard lock(mutex_);
  answers_ = false;
}

int Resolver::hanging() const {
  const std::lock_guard lock(mutex_);
  return hanging_;
}

void Resolver::answer() {
  std::unique_lock lock(mutex_);
  answers_ = true;
  changed_.notify_all();
  changed_.wait(lock, [this] { return hanging_ == 0; });
}

std::string Resolver::look_up(const std::string& name) {
  std::unique_lock lock(mutex_);
  if (name == "stuck.invalid") {
    ++hanging_;
    changed_.wait(lock, [this] { return answers_; });
    --hanging_;
    changed_.notify_all();
    return "";
  }
  ++asked_for_[name];
  return addresses_[name];
}

}  // namespace auditstream::http

extern "C" int getaddrinfo(const char* node, const char* service, const addrinfo* hints, addrinfo** result) {
  std::string name = node == nullptr ? "" : node;
  if (name.ends_with(".invalid")) {
    name = auditstream::http::Resolver::instance().look_up(name);
    if (name.empty()) return EAI_NONAME;
    node = name.c_str();
  }
  using Function = int (*)(const char*, const char*, const addrinfo*, addrinfo**);
  static const auto real = reinterpret_cast<Function>(dlsym(RTLD_NEXT, "getaddrinfo"));
  return real(node, service, hints, result);
}
