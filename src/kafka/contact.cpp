#include "kafka/contact.h"

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

namespace auditstream::kafka {
namespace {

// Longer than any pause between two attempts.
constexpr Duration tried_again_within = 60s;
// A connection breaks some moments after the last response, or was being renewed before it.
constexpr Duration broken_before = 2s;

}  // namespace

Steady steady_now() { return std::chrono::time_point_cast<Duration>(std::chrono::steady_clock::now()); }

void Owed::ask(Steady now) {
  if (!since(now)) {
    asked_ = now;
    in_vain_ = false;
  }
  not_asked_.reset();
}

void Owed::sign(Steady now) { sign_ = now; }

void Owed::answered(Steady at) {
  asked_ = asked_ ? std::max(*asked_, at) : at;
  in_vain_ = false;
  not_asked_.reset();
}

void Owed::rest() {
  asked_.reset();
  in_vain_ = false;
  not_asked_.reset();
}

void Owed::in_vain(Steady now) {
  in_vain_ = true;
  not_asked_ = now;
}

// After a failed attempt only a success counts: the brokers that give other signs may not be the ones needed.
std::optional<Steady> Owed::since(Steady now) const {
  if (!asked_ || (not_asked_ && now - *not_asked_ > tried_again_within)) return std::nullopt;
  return in_vain_ ? *asked_ : std::max(*asked_, sign_);
}

Contact::Line::Line(std::shared_ptr<Contact> contact) : contact_(std::move(contact)) {
  const MutexLock lock(contact_->mutex_);
  place_ = contact_->lines_.insert(contact_->lines_.end(), this);
}

Contact::Line::~Line() {
  const MutexLock lock(contact_->mutex_);
  contact_->lines_.erase(place_);
}

void Contact::Line::ask() {
  const MutexLock lock(contact_->mutex_);
  owed_.ask(steady_now());
}

void Contact::Line::sign() {
  const MutexLock lock(contact_->mutex_);
  owed_.sign(steady_now());
}

void Contact::Line::answered() { answered(steady_now()); }

void Contact::Line::answered(Steady at) {
  const MutexLock lock(contact_->mutex_);
  owed_.answered(at);
  failure_.reset();
  why_.clear();
}

void Contact::Line::rest() {
  const MutexLock lock(contact_->mutex_);
  owed_.rest();
  failure_.reset();
  why_.clear();
}

void Contact::Line::in_vain(std::string why) {
  const MutexLock lock(contact_->mutex_);
  owed_.in_vain(steady_now());
  why_ = std::move(why);
}

void Contact::Line::failed(Error broker) {
  const MutexLock lock(contact_->mutex_);
  failure_ = std::move(broker);
}

std::optional<Steady> Contact::Line::since() const {
  const MutexLock lock(contact_->mutex_);
  return owed_.since(steady_now());
}

Duration Contact::Line::silent() const {
  const Steady now = steady_now();
  return std::max(now - since().value_or(now), Duration{0});
}

std::optional<Silence> Contact::silence() const {
  const MutexLock lock(mutex_);
  const Steady now = steady_now();
  std::vector<std::pair<Steady, const Line*>> silent;
  for (const Line* line : lines_) {
    if (const std::optional<Steady> since = line->owed_.since(now)) silent.emplace_back(*since, line);
  }
  if (silent.empty()) return std::nullopt;
  std::ranges::sort(silent, {}, &std::pair<Steady, const Line*>::first);
  Silence longest{silent.front().first, {}};
  for (const auto& [since, line] : silent) {
    if (line->failure_) return Silence{longest.since, *line->failure_};
    if (longest.why.message.empty()) longest.why.message = line->why_;
  }
  return longest;
}

void note_connection_failure(Contact::Line& line, const Properties& properties) {
  const std::optional<Steady> since = line.since();
  if (!since) return;
  if (std::optional<Error> error = broker_error(properties, *since - broken_before))
    line.failed(*std::move(error));
}

}  // namespace auditstream::kafka
