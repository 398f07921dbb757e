// bench_api: serves Api on a loopback port until it is killed.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>

#include "bench/api.h"
#include "support/http_server.h"

using namespace auditstream;

int main(int argc, char** argv) {
  std::string port_file;
  CLI::App app("Tines' and Workato's audit logs at the highest speed, for benchmarks; see bench/api.h.");
  app.add_option("--port-file", port_file, "where to write the port")->required();
  CLI11_PARSE(app, argc, argv);

  bench::Api api;
  const auto answer = [&api](const test::Request& request) {
    return api.answer(request, std::chrono::floor<Duration>(std::chrono::system_clock::now()));
  };
  const auto server = test::HttpServer::listen({}, answer);
  if (!server) {
    std::fprintf(stderr, "bench_api: %s\n", server.error().message.c_str());
    return 1;
  }
  std::ofstream(port_file) << (*server)->port() << "\n";
  while (true) pause();
}
