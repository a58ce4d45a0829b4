# Completion of msm in bash: the program itself says what fits, also the names of a running one.

_msm() {
    local word=${COMP_WORDS[COMP_CWORD]} words=("${COMP_WORDS[@]:1:COMP_CWORD}")
    local i
    mapfile -t COMPREPLY < <("${COMP_WORDS[0]}" complete -- "${words[@]}" 2>/dev/null)
    for i in "${!COMPREPLY[@]}"; do # labels may have spaces in them
        [[ ${COMPREPLY[i]} == *[[:space:]]* ]] && printf -v "COMPREPLY[i]" %q "${COMPREPLY[i]}"
    done
    case ${COMPREPLY[0]-} in
    @file)
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
        ;;
    @folder)
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -d -- "$word")
        ;;
    esac
}

complete -F _msm msm
