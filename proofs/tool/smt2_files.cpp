// Writes one file for each question.
#include "proofs/tool/smt2_files.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <system_error>

namespace quire::proofs {
namespace {

namespace fs = std::filesystem;

}  // namespace

std::string make_smt2_folders(
    const std::string& folder, const std::vector<Obligation>& obligations) {
  for (const Obligation& obligation : obligations) {
    const fs::path path = fs::path{folder} / obligation.name;
    std::error_code error;
    fs::create_directories(path, error);
    if (error) return fmt::format("cannot write to {}: {}", path.string(), error.message());
    const fs::path probe = path / "0000.smt2";
    if (!std::ofstream{probe}) return fmt::format("cannot write to {}", path.string());
    fs::remove(probe, error);
  }
  return {};
}

std::function<void(const Query&)> smt2_writer(
    const std::string& folder, const Obligation& obligation) {
  // std::function copies its target; all copies share one count.
  const auto count = std::make_shared<unsigned>(0);
  const fs::path path = fs::path{folder} / obligation.name;
  return [=, name = obligation.name, says = obligation.says](const Query& query) {
    const fs::path file =
        path / fmt::format("{:04}.{}.{}.smt2", ++*count, query.about, query.answer);
    std::ofstream out{file};
    out << "; " << name << ": " << says << '\n' << query.smt2;
    if (!out.flush()) throw std::runtime_error{"cannot write " + file.string()};
  };
}

}  // namespace quire::proofs
