# The steps of a test run: a line for each, and their results at the end. To be sourced.
#
# A step is a function; its output is shown only if it fails. It reports through pass, fail and skip,
# which count one check each, or through count_gtests, which counts the tests of a program.

passed=0
failures=()  # what failed, a line each
skips=()     # what was skipped, and why
stopped=     # why no step can follow any more

pass() { passed=$((passed + ${1:-1})); }
fail() { failures+=("$1"); }
skip() { skips+=("$1: $2"); }

# check NAME COMMAND...: one check, which passes if the command does.
check() {
  local name=$1
  shift
  if ! type -t "$1" >/dev/null; then
    fail "$name: there is no program $1, or it may not be executed"
  elif "$@"; then
    pass
  else
    fail "$name (status $?)"
  fi
}

# count_gtests NAME REPORT STATUS: counts the tests in the XML report of a GoogleTest program.
count_gtests() {
  local kind text
  while IFS=$'\t' read -r kind text; do
    case $kind in
      passed) pass "$text" ;;
      failed) fail "$1: $text" ;;
      skipped) skips+=("$1: $text") ;;
    esac
  done < <(python3 tests/setup/gtest_report.py "$2" "$3")
}

# run_step NUMBER TITLE FUNCTION: the line of one step, and the end of its output if it fails.
run_step() {
  local number=$1 title=$2 function=$3
  if [ -n "$stopped" ]; then
    skip "$title" "$stopped"
    return
  fi
  local before=$passed failed_before=${#failures[@]} skipped_before=${#skips[@]}
  local start=$EPOCHREALTIME log=$scratch/$function.log
  printf '[%s] %s ... ' "$number" "$title"
  "$function" >"$log" 2>&1 </dev/null
  local failed=$((${#failures[@]} - failed_before)) skipped=$((${#skips[@]} - skipped_before))
  printf '%d passed' $((passed - before))
  [ $failed = 0 ] || printf ', %d failed' $failed
  [ $skipped = 0 ] || printf ', %d skipped' $skipped
  printf ' (%.1f s)\n' "$(seconds_since "$start")"
  if [ $failed != 0 ]; then
    printf '    failed: %s\n' "${failures[@]:$failed_before}"
    tail -n 40 "$log" | sed 's/^/    | /'
  fi
}

# run_steps STEP...: each is TITLE:FUNCTION. Those that begin with "|" keep one core busy: neighbours
# among them run side by side, $jobs at a time, and their lines come in order. They report through pass,
# fail and skip alone.
run_steps() {
  local total=$# number=0 side_by_side=() step
  for step in "$@"; do
    number=$((number + 1))
    if [ "${step:0:1}" = "|" ]; then
      side_by_side+=("$number/$total:${step:1}")
      continue
    fi
    run_side_by_side "${side_by_side[@]}"
    side_by_side=()
    run_step "$number/$total" "${step%:*}" "${step##*:}"
  done
  run_side_by_side "${side_by_side[@]}"
}

side_jobs=()  # of what runs side by side: the process groups, to end what is left at the exit

# run_side_by_side NUMBER:TITLE:FUNCTION...
run_side_by_side() {
  local step function title
  side_jobs=()
  for step in "$@"; do
    function=${step##*:} title=${step#*:}
    while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do wait -n; done
    # With a process group of its own, all of it can be ended by one signal.
    set -m
    (
      passed=0 failures=() skips=()
      run_step "${step%%:*}" "${title%:*}" "$function" >"$scratch/$function.lines"
      side_passed=$passed side_failures=("${failures[@]}") side_skips=("${skips[@]}")
      declare -p side_passed side_failures side_skips >"$scratch/$function.counts"
    ) &
    set +m
    side_jobs+=($!)
  done
  local n=0
  for step in "$@"; do
    function=${step##*:} title=${step#*:}
    wait "${side_jobs[n++]}"
    cat "$scratch/$function.lines"
    local side_passed=0 side_failures=("${title%:*}: the step ended too early") side_skips=()
    if [ -e "$scratch/$function.counts" ]; then . "$scratch/$function.counts"; else echo "1 failed"; fi
    passed=$((passed + side_passed))
    failures+=("${side_failures[@]}")
    skips+=("${side_skips[@]}")
  done
  side_jobs=()
}

# What still runs side by side is ended; for a trap.
end_side_by_side() {
  local group
  for group in "${side_jobs[@]}"; do kill -TERM -- "-$group" 2>/dev/null; done
}

# Seconds, with a fraction, since a value of EPOCHREALTIME.
seconds_since() {
  local micros=$((${EPOCHREALTIME/[.,]/} - ${1/[.,]/}))
  printf '%d.%06d' $((micros / 1000000)) $((micros % 1000000))
}

# The end of the run: the failures, the skipped checks, and a line of counts. Fails if a check failed, or
# if this cannot be printed.
print_counts() {
  [ ${#failures[@]} = 0 ] || printf 'failed: %s\n' "${failures[@]}" || return
  [ ${#skips[@]} = 0 ] || printf 'skipped: %s\n' "${skips[@]}" || return
  printf '%d passed, %d failed, %d skipped\n' "$passed" ${#failures[@]} ${#skips[@]} || return
  [ ${#failures[@]} = 0 ]
}
