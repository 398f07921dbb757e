// bench_api: serves Api on a loopback port, and on another one with TLS, until it is killed.
#include <signal.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>

#include "bench/api.h"
#include "bench/tls_front.h"
#include "support/http_server.h"

using namespace auditstream;

int main(int argc, char** argv) {
  std::string port_file;
  CLI::App app("Tines' and Workato's audit logs at the highest speed, for benchmarks; see bench/api.h.");
  app.add_option("--port-file", port_file, "where to write the port")->required();
  std::string certificate;
  std::string tls_port_file;
  auto* const with_tls = app.add_option("--tls-port-file", tls_port_file, "where to write the port with TLS");
  app.add_option("--certificate", certificate, "PEM file with certificate and key")->needs(with_tls);
  CLI11_PARSE(app, argc, argv);

  signal(SIGPIPE, SIG_IGN);  // OpenSSL writes to connections whose client has gone
  bench::Api api;
  const auto answer = [&api](const test::Request& request) {
    return api.answer(request, std::chrono::floor<Duration>(std::chrono::system_clock::now()));
  };
  const auto server = test::HttpServer::listen({}, answer);
  if (!server) {
    std::fprintf(stderr, "bench_api: %s\n", server.error().message.c_str());
    return 1;
  }
  if (!tls_port_file.empty()) {
    const auto front = bench::TlsFront::listen(certificate, (*server)->port());
    if (!front) {
      std::fprintf(stderr, "bench_api: %s\n", front.error().message.c_str());
      return 1;
    }
    std::ofstream(tls_port_file) << (*front)->port() << "\n";
  }
  std::ofstream(port_file) << (*server)->port() << "\n";
  while (true) pause();
}
