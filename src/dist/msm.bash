# Completion of msm in bash: the program itself says what fits, also the names of a running one.

_msm() {
    local IFS=$'\n' word=${COMP_WORDS[COMP_CWORD]}
    COMPREPLY=($("${COMP_WORDS[0]}" complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
    case ${COMPREPLY[0]-} in
    @file)
        compopt -o filenames
        COMPREPLY=($(compgen -f -- "$word"))
        ;;
    @folder)
        compopt -o filenames
        COMPREPLY=($(compgen -d -- "$word"))
        ;;
    esac
}

complete -F _msm msm
