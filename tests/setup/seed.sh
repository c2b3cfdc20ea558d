# The seed of a test run's cases: a different one for each commit. To be sourced.

# seed_of_tree: prints it; must run in the root. Made from the commit, or from the sources if there is no
# git.
seed_of_tree() {
  local hex
  hex=$(git rev-parse --verify --quiet HEAD 2>/dev/null) ||
    hex=$(find impl proofs props ref spec tests -type f -print0 | sort -z | xargs -0 cat | sha1sum)
  echo $((16#${hex:0:8}))
}
