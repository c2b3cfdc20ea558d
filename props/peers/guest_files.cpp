// The files of a case on another kernel, in a guest.
#include "props/guest/machine.h"
#include "props/peers/player_files.h"

#include <fmt/format.h>

#include <stdexcept>
#include <utility>

namespace quire::props {
namespace {

/// Starts a machine that has crashed again for the next case.
class GuestFilesFactory final : public FilesFactory {
 public:
  explicit GuestFilesFactory(guest::MachineParts parts)
      : parts_(std::move(parts)), name_(parts_.kind + "-" + parts_.version) {
    start();
  }

  std::unique_ptr<Files> make(const Setting&, spec::Recorder&) override {
    if (!machine_) start();
    return make_player_files(
        [this](const guest::Request& request, std::span<const iovec> memory) {
          return ask(request, memory);
        },
        name_);
  }

 private:
  void start() {
    auto started = guest::Machine::start(parts_);
    if (!started) throw std::runtime_error(started.error().what);
    machine_ = std::move(*started);
  }

  guest::Answer ask(const guest::Request& request, std::span<const iovec> memory) {
    if (!machine_) throw std::runtime_error(name_ + ": the guest has ended");
    try {
      return machine_->player().ask(request, memory);
    } catch (const guest::CallFailed& e) {
      throw std::runtime_error(name_ + ": " + e.what());
    } catch (const std::runtime_error& e) {
      const std::string said = machine_->last_words();
      machine_.reset();
      throw std::runtime_error(fmt::format(
          "{}: {}{}", name_, e.what(), said.empty() ? "" : "; its console says: " + said));
    }
  }

  guest::MachineParts parts_;
  std::string name_;
  std::unique_ptr<guest::Machine> machine_;
};

}  // namespace

std::unique_ptr<FilesFactory> make_guest_files(
    const std::string& kind, const std::string& version) {
  return std::make_unique<GuestFilesFactory>(guest::MachineParts::of(kind, version));
}

}  // namespace quire::props
