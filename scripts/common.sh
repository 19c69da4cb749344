# Functions that scripts/quickstart, scripts/test and scripts/package share; they source it from the top of the checkout.
logs=build/logs
mkdir -p "$logs"
if command -v ccache >/dev/null; then
  CMAKE_C_COMPILER_LAUNCHER=ccache CMAKE_CXX_COMPILER_LAUNCHER=ccache
  # The compiler lists the headers; nothing is preprocessed twice. The sloppiness is what precompiled headers need, and
  # that the language of messages does not matter: a fresh root has none.
  CCACHE_DEPEND=true CCACHE_SLOPPINESS=pch_defines,time_macros,locale
  export CMAKE_C_COMPILER_LAUNCHER CMAKE_CXX_COMPILER_LAUNCHER CCACHE_DEPEND CCACHE_SLOPPINESS
fi

# step NAME COMMAND...: runs the command and prints one line with its result and time. Its output goes to a log, whose
# end is printed if the command fails. Returns the command's status; 77 means "cannot be done here", for the reason in the
# last line of its output.
step() {
  step_name=$1; shift
  step_log="$logs/$(printf '%s' "$step_name" | tr -c 'A-Za-z0-9\n' '-').log"
  step_start=$(date +%s)
  step_status=0
  "$@" >"$step_log" 2>&1 </dev/null || step_status=$?
  step_took="$(($(date +%s) - step_start)) s"
  case $step_status in
    0) printf 'ok      %s (%s)%s\n' "$step_name" "$step_took" "$(step_remark)" ;;
    77) printf 'skipped %s: %s\n' "$step_name" "$(tail -n 1 "$step_log")" ;;
    *)
      printf 'FAILED  %s (%s), log: %s\n' "$step_name" "$step_took" "$step_log"
      step_failures | sed 's/^/  | /' ;;
  esac
  return "$step_status"
}

# The log from "failures:" or ninja's "FAILED:" on, or else its end.
step_failures() {
  if grep -q '^failures:\|^FAILED: ' "$step_log"; then
    sed -n '/^failures:\|^FAILED: /,$p' "$step_log" | head -n 60
  else
    tail -n 60 "$step_log"
  fi
}

# The last line of the log that begins with "remark: ", for the step's own line.
step_remark() { sed -n 's/^remark: \(.*\)/: \1/p' "$step_log" | tail -n 1; }

# configure PRESET, build PRESET [TARGET...]
configure() { cmake --preset "$1"; }
build() {
  preset=$1; shift
  configure "$preset" && cmake --build --preset "$preset" ${1:+--target "$@"}
}
