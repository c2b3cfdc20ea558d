# Makes build folders, or brings them up to date. To be sourced after cd to the root.

# The options of build/. No debug information: it takes three tenths of the compile time; to debug, make
# another folder.
build_options=(-Dchecker=true -Ddebug=false)

# configure DIR [OPTION...]: makes DIR ready for ninja, with these options of meson setup. A folder with
# other options keeps its objects if meson can keep them.
configure() {
  local dir=$1
  shift
  local compiler
  compiler=$("${CXX:-c++}" --version | head -n 1)
  local wanted
  wanted="$PWD: meson $(meson --version), $compiler, $*"
  local stamp=$dir/.configured-for
  [ -f "$dir/build.ninja" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && return
  if ! { [ -f "$dir/build.ninja" ] && meson setup --reconfigure "$dir" "$@"; }; then
    rm -rf "$dir"
    meson setup "$dir" "$@" || return
  fi
  echo "$wanted" >"$stamp"
}

# build DIR [TARGET...]: builds all of DIR, or these targets, $jobs at a time.
build() {
  local dir=$1
  shift
  ninja -C "$dir" -j "${jobs:-$(nproc)}" "$@"
}
