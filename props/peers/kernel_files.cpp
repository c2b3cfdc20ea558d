// The files of a case as a file system of the running kernel has them.
#include "props/kernel/detached_mount.h"
#include "props/peers/ballast.h"
#include "props/peers/files.h"
#include "props/peers/folder_files.h"

#include <stdexcept>
#include <utility>

namespace quire::props {
namespace {

class KernelFilesBed final : public FilesBed {
 public:
  KernelFilesBed(DetachedMount mount, std::string kind)
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

std::unique_ptr<FilesBed> make_kernel_files(const std::string& kind) {
  auto mount = DetachedMount::make(kind);
  if (!mount) throw std::runtime_error(mount.error().what);
  return std::make_unique<KernelFilesBed>(std::move(*mount), kind);
}

}  // namespace quire::props
