// The files under loop devices, and their names.
#pragma once

#include "props/device/descriptor.h"

#include <quire/error.h>

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace quire::props {

/// `folder`, or $TMPDIR, or /tmp: the first that is not empty.
std::string image_folder(const std::string& folder);

/// The pid in `path` if its last part is quire-check.<pid>.<n>.img, with or without the "
/// (deleted)" that the kernel adds to the path of an unlinked file.
std::optional<pid_t> image_owner(std::string_view path);

/// A sparse file of zeros; its name is removed with the object.
class LoopImage {
 public:
  /// bytes: the size of the file. Errors name the file and the cause.
  [[nodiscard]] static Result<LoopImage> make(const std::string& folder, std::uint64_t bytes);

  LoopImage(LoopImage&&) = default;
  LoopImage& operator=(LoopImage&&) = delete;
  ~LoopImage();

  int fd() const { return file_.get(); }
  const std::string& path() const { return path_; }

 private:
  LoopImage(Descriptor file, std::string path) : file_(std::move(file)), path_(std::move(path)) {}

  Descriptor file_;
  std::string path_;
};

}  // namespace quire::props
