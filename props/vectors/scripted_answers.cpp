#include "props/vectors/scripted_answers.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace quire::props {

using Number = std::uint64_t;

Number ScriptedAnswers::word(const std::string& name, unsigned) {
  const auto found = world_.find(name);
  const std::size_t at = met_[name]++;
  if (found == world_.end() || found->second.size() <= at) throw NoScriptedAnswer{};
  return found->second[at];
}

void ScriptedAnswers::attempt_begins() {
  constexpr int kAttemptsMax = 100;  // more than a vector has; a broken loop may not end
  if (++attempts_ > kAttemptsMax) throw NoScriptedAnswer{};
}

void ScriptedAnswers::asks(const char* what, const std::vector<Number>& words) {
  std::string text = what;
  for (const Number word : words) text += fmt::format(" {}", static_cast<std::int64_t>(word));
  asked_.push_back(std::move(text));
}

void judge_write_end(
    Judge& judge, const spec::Begun<Number>& folio, bool uptodate, Number pos, Number length,
    Number copied, Number accepted) {
  const Number room = folio.end - folio.folio_pos;
  const bool counts = accepted != 0;
  const bool whole = uptodate || accepted == length;
  const bool all = uptodate || (accepted == length && length == room);
  judge.write_end(
      {folio.folio_pos,
       room,
       pos,
       std::min(folio.end - pos, length),
       length,
       copied,
       accepted,
       uptodate,
       all,
       all,
       counts,
       pos,
       length,
       {uptodate, 0},
       {whole, counts}});
}

void no_such_run(const Vector& vector) {
  throw std::invalid_argument{
      fmt::format("no run is called {} over {} folios", vector.run, vector.folios)};
}

}  // namespace quire::props
