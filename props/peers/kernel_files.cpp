// The files of a case on a file system of the running kernel.
#include "props/kernel/detached_mount.h"
#include "props/peers/ballast.h"
#include "props/peers/files.h"
#include "props/peers/folder_files.h"

#include <stdexcept>
#include <utility>

namespace quire::props {
namespace {

class KernelFilesFactory final : public FilesFactory {
 public:
  KernelFilesFactory(DetachedMount mount, std::string kind)
      : mount_(std::move(mount)), kind_(std::move(kind)), ballast_(mount_.root()) {}

  std::unique_ptr<Files> make(const Setting&, spec::Recorder&) override {
    return make_folder_files(mount_.root(), kind_, ballast_);
  }

 private:
  DetachedMount mount_;
  std::string kind_;
  Ballast ballast_;
};

}  // namespace

std::unique_ptr<FilesFactory> make_kernel_files(const std::string& kind) {
  auto mount = DetachedMount::make(kind);
  if (!mount) throw std::runtime_error(mount.error().what);
  return std::make_unique<KernelFilesFactory>(std::move(*mount), kind);
}

}  // namespace quire::props
