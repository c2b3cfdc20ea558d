# The packages that quire needs, and the installation of those that are missing. To be sourced.

# Debian 12's names. Only tests/run needs the second list, only props/guest/fetch_kernel the third.
build_packages=(
  g++ cvc5 meson ninja-build pkg-config python3 mount
  libboost-dev libcli11-dev libfmt-dev libgtest-dev liblz4-dev liburing-dev librapidcheck-dev
  libz3-dev
  nlohmann-json3-dev
  btrfs-progs e2fsprogs xfsprogs)
test_packages=(ccache clang-19 cmake gcovr libclang-rt-19-dev llvm-19)
guest_packages=(
  btrfs-progs e2fsprogs f2fs-tools kmod python3 qemu-system-x86 xfsprogs xz-utils zstd)

# Prints those of the packages named that are not installed.
missing_packages() {
  local package
  for package in "$@"; do
    dpkg-query --show --showformat='${db:Status-Status}\n' "$package" 2>/dev/null |
      grep --quiet --line-regexp installed || echo "$package"
  done
}

# Runs a command as root: directly, or under sudo, which asks for a password only at a terminal.
as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif [ -t 0 ] && [ -t 2 ]; then
    sudo "$@"
  else
    sudo --non-interactive "$@"
  fi
}

# Whether as_root would run a command.
can_be_root() {
  [ "$(id -u)" = 0 ] && return
  command -v sudo >/dev/null && as_root true 2>/dev/null
}

# Installs those of the packages named that are missing; uses no network if none is. If it cannot, prints
# the missing packages and returns 3.
install_packages() {
  if ! command -v dpkg-query >/dev/null; then
    echo "not a Debian system: taking it that what these packages hold is installed: $*" >&2
    return 0
  fi
  local missing
  mapfile -t missing < <(missing_packages "$@")
  [ ${#missing[@]} = 0 ] && return 0
  echo "installing ${missing[*]}" >&2
  if ! can_be_root; then
    echo "not root, and no sudo without a password; missing: ${missing[*]}" >&2
    return 3
  fi
  if ! { as_root apt-get update &&
    as_root env DEBIAN_FRONTEND=noninteractive \
      apt-get install --yes --no-install-recommends "${missing[@]}"; } >&2; then
    echo "apt-get could not install: ${missing[*]}" >&2
    return 3
  fi
}
