// Whom CurlClient trusts. The servers are OpenSSL's own `openssl s_server` with certificates made for the
// test.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "http/exchange.h"

namespace auditstream::http {
namespace {

using testing::HasSubstr;

// A child process whose output can be read line by line; killed with its object.
class Child {
 public:
  explicit Child(std::vector<std::string> words) {
    std::array<int, 2> pipe_ends{};
    EXPECT_EQ(pipe2(pipe_ends.data(), O_CLOEXEC), 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    EXPECT_EQ(posix_spawnp(&pid_, arguments[0], &actions, nullptr, arguments.data(), environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    close(pipe_ends[1]);
    output_ = fdopen(pipe_ends[0], "r");
  }
  ~Child() {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
    fclose(output_);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // The first line that begins with these words, without them; empty when the output ends before.
  std::string line_after(std::string_view words) {
    for (char line[512]; fgets(line, sizeof line, output_) != nullptr;) {
      std::string_view text = line;
      if (!text.starts_with(words)) continue;
      text.remove_prefix(words.size());
      return std::string(text.substr(0, text.find('\n')));
    }
    return {};
  }

  int exit_status() {
    int status = -1;
    waitpid(pid_, &status, 0);
    pid_ = -1;
    return WEXITSTATUS(status);
  }

 private:
  pid_t pid_ = -1;
  FILE* output_ = nullptr;
};

// A self-signed certificate in a folder that goes with the object.
class Certificate {
 public:
  explicit Certificate(const std::string& names) {
    std::string pattern = testing::TempDir() + "auditstream-tls-XXXXXX";
    EXPECT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    Child openssl({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                   "-nodes", "-days", "2", "-subj", "/CN=auditstream test", "-addext",
                   "subjectAltName=" + names, "-keyout", key(), "-out", file()});
    EXPECT_EQ(openssl.exit_status(), 0);
  }
  ~Certificate() { std::filesystem::remove_all(folder_); }
  Certificate(const Certificate&) = delete;
  Certificate& operator=(const Certificate&) = delete;

  const std::filesystem::path& folder() const { return folder_; }
  std::string file() const { return folder_ / "cert.pem"; }
  std::string key() const { return folder_ / "key.pem"; }

 private:
  std::filesystem::path folder_;
};

class TlsServer {
 public:
  explicit TlsServer(const Certificate& certificate)
      : child_({"openssl", "s_server", "-www", "-accept", "127.0.0.1:0", "-cert", certificate.file(), "-key",
                certificate.key()}),
        // The line comes once the socket listens.
        address_(child_.line_after("ACCEPT ")) {
    EXPECT_NE(address_, "");
  }

  std::string url() const { return "https://" + address_ + "/"; }

 private:
  Child child_;
  const std::string address_;
};

Request trusting(std::string url, const std::string& ca_file) {
  Request request = get(std::move(url));
  request.route = std::make_shared<const Route>(Route{.ca_file = ca_file, .proxy = ""});
  return request;
}

TEST(Tls, ACertificateNobodyVouchesForIsRefused) {
  const Certificate certificate("IP:127.0.0.1");
  const TlsServer server(certificate);
  CurlClient client({}, "auditstream/test");
  const Response response = fetch(client, get(server.url()));
  EXPECT_EQ(response.transport, Transport::tls);
  EXPECT_THAT(response.transport_detail, HasSubstr("certificate"));
}

TEST(Tls, APrivateCaIsAcceptedForItsSourceOnly) {
  const Certificate certificate("IP:127.0.0.1");
  const Certificate other("IP:127.0.0.1");
  const TlsServer server(certificate);
  CurlClient client({}, "auditstream/test");
  const Response response = fetch(client, trusting(server.url(), certificate.file()));
  EXPECT_EQ(response.transport, Transport::none) << response.transport_detail;
  EXPECT_EQ(response.status, 200);
  EXPECT_THAT(*response.body, HasSubstr("s_server"));
  EXPECT_EQ(fetch(client, trusting(server.url(), other.file())).transport, Transport::tls);
  EXPECT_EQ(fetch(client, get(server.url())).transport, Transport::tls);
}

TEST(Tls, ACertificateForAnotherHostIsRefused) {
  const Certificate certificate("DNS:vendor.invalid");
  const TlsServer server(certificate);
  CurlClient client({}, "auditstream/test");
  EXPECT_EQ(fetch(client, trusting(server.url(), certificate.file())).transport, Transport::tls);
}

TEST(Tls, ACaFileRenewedInPlaceCountsFromTheNextRequestOn) {
  const Certificate old("IP:127.0.0.1");
  const Certificate renewed("IP:127.0.0.1");
  const TlsServer old_server(old);
  const TlsServer server(renewed);
  const std::string file = old.folder() / "trusted.pem";
  const auto write = [&file](const Certificate& certificate) {
    std::filesystem::copy_file(certificate.file(), file, std::filesystem::copy_options::overwrite_existing);
  };
  CurlClient client({}, "auditstream/test");
  write(old);
  EXPECT_EQ(fetch(client, trusting(old_server.url(), file)).status, 200);
  EXPECT_EQ(fetch(client, trusting(server.url(), file)).transport, Transport::tls);
  write(renewed);
  EXPECT_EQ(fetch(client, trusting(server.url(), file)).status, 200);
  EXPECT_EQ(fetch(client, trusting(old_server.url(), file)).transport, Transport::tls);
  std::filesystem::remove(file);
  EXPECT_EQ(fetch(client, trusting(server.url(), file)).transport, Transport::tls);
  write(renewed);
  EXPECT_EQ(fetch(client, trusting(server.url(), file)).status, 200);
}

TEST(Tls, ACaFileWithoutCertificatesIsNamed) {
  const Certificate certificate("IP:127.0.0.1");
  const TlsServer server(certificate);
  CurlClient client({}, "auditstream/test");
  std::ofstream(certificate.folder() / "empty.pem") << "nothing yet";
  const Response response = fetch(client, trusting(server.url(), certificate.folder() / "empty.pem"));
  EXPECT_EQ(response.transport, Transport::tls);
  EXPECT_THAT(response.transport_detail, HasSubstr("empty.pem"));
}

TEST(Tls, AMissingCaFileIsNamed) {
  const Certificate certificate("IP:127.0.0.1");
  const TlsServer server(certificate);
  CurlClient client({}, "auditstream/test");
  const Response response = fetch(client, trusting(server.url(), "/nowhere/ca.pem"));
  EXPECT_EQ(response.transport, Transport::tls);
  EXPECT_THAT(response.transport_detail, HasSubstr("/nowhere/ca.pem"));
}

}  // namespace
}  // namespace auditstream::http
