# Scratch folders with their owner's process id: NAME.<pid>.XXXXXX in $TMPDIR. To be sourced.

# reap_scratch NAME [FOLDER]: removes those whose process is gone, such as those of a killed run.
reap_scratch() {
  local folder owner
  for folder in "${2:-${TMPDIR:-/tmp}}/$1".*.*; do
    owner=${folder##*/"$1".}
    owner=${owner%%.*}
    [[ -d $folder && -O $folder && $owner =~ ^[0-9]+$ && ! -e /proc/$owner ]] && rm -rf "$folder"
  done
  return 0
}
