// The suites that compare ref, by each of its write paths, with a kernel's file system.
#include "props/peers/arbitrary.h"
#include "props/peers/must_see.h"
#include "props/suites/peer_vectors.h"
#include "props/suites/run_peer_comparison.h"
#include "props/suites/suites.h"

#include <stdexcept>

namespace quire::props {
namespace {

std::unique_ptr<FilesFactory> make_peer(const std::string& peer, const std::string& version) {
  return version.empty() ? make_kernel_files(peer) : make_guest_files(peer, version);
}

/// version: of a kernel in a guest, or empty: the running one.
std::string name_of(const std::string& peer, const std::string& version) {
  return "peer-" + peer + (version.empty() ? "" : "-" + version);
}
std::string whose(const std::string& peer, const std::string& version) {
  return version.empty() ? peer : peer + " of Linux " + version;
}

PeerAllowance allowance_of_peer(const std::string& peer, const std::string& version) {
  return allowance_of(version.empty() ? peer : peer + "-" + version);
}

Suite plain_suite(const std::string& peer, const std::string& version) {
  const std::string name = name_of(peer, version);
  const Sides sides{
      [] { return make_ref_files(kPeerVolumeBytes); }, [=] { return make_peer(peer, version); },
      peer, must_see(allowance_of_peer(peer, version))};
  return {
      name,
      "Any commands, from any memory: ref and a file of " + whose(peer, version) + " answer alike.",
      "GPW-2, GPW-8, GPW-11, O2",
      [=](const Options& options) {
        return run_peer_comparison(name, sides, options, arbitrary_peer_case);
      },
      true};
}

/// ref's model of the peer's file system, against the peer.
Suite ref_model_suite(const std::string& peer, const std::string& version) {
  const std::string name = name_of(peer, version) + "-ref-" + peer;
  const Sides sides{
      [=] {
        return peer == "xfs" ? make_xfs_files(kPeerVolumeBytes) : make_f2fs_files(kPeerVolumeBytes);
      },
      [=] { return make_peer(peer, version); }, peer,
      must_see(allowance_of_peer(peer, version), allowance_of("ref-" + peer))};
  return {
      name,
      "Any commands, from any memory: ref's model of " + peer + " and a file of " +
          whose(peer, version) + " answer alike.",
      peer == "xfs" ? "XFB, IOM, O2" : "F2, O2",
      [=](const Options& options) {
        return run_peer_comparison(name, sides, options, arbitrary_mounted_case);
      },
      true};
}

}  // namespace

std::vector<Suite> peer_suites(const std::string& peer, const std::string& kernel) {
  // F2FS always runs in a guest: distributions' kernels lack it.
  const bool guest = !kernel.empty() || peer == "f2fs";
  const std::string version = guest && kernel.empty() ? "6.1" : kernel;
  if (peer == "tmpfs" && guest) throw std::invalid_argument("--kernel: a guest has no tmpfs");
  std::vector<std::string> peers{peer};
  if (peer == "all") peers = {"xfs", "ext4", "btrfs", guest ? "f2fs" : "tmpfs"};
  std::vector<Suite> suites;
  for (const std::string& each : peers) {
    suites.push_back(plain_suite(each, version));
    suites.push_back(peer_vectors_suite(
        name_of(each, version) + "-vectors", whose(each, version),
        {[] { return make_ref_files(kPeerVolumeBytes); }, [=] { return make_peer(each, version); },
         each}));
    if (each == "xfs" || each == "f2fs") suites.push_back(ref_model_suite(each, version));
  }
  return suites;
}

}  // namespace quire::props
