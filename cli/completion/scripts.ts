/**
 * Owns the shells' side of completion. Invariant: a script only asks `kong-drain __complete` and shows what that says, so
 * that it need not change with the commands.
 */

/** Words are split anew, by blanks alone: bash splits them at `:` and `=` too, and replaces only what follows the last. */
const BASH = `# kong-drain completion for bash: source <(kong-drain completion bash)
_kong_drain() {
  local line=\${COMP_LINE:0:COMP_POINT} value about
  local -a words files
  read -ra words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=('')
  local typed=\${words[\${#words[@]} - 1]}
  local kept=\${typed%"\${typed##*[:=]}"}
  COMPREPLY=()
  while IFS=$'\\t' read -r value about; do
    if [[ $value == :files ]]; then
      compopt -o filenames 2>/dev/null
      mapfile -t files < <(compgen -f -- "$typed")
      COMPREPLY+=("\${files[@]}")
    elif [[ -n $value ]]; then
      COMPREPLY+=("\${value#"$kept"}")
    fi
  done < <("\${words[0]}" __complete -- "\${words[@]:1}" 2>/dev/null)
}
complete -F _kong_drain kong-drain
`;

const ZSH = `#compdef kong-drain
# kong-drain completion for zsh: source <(kong-drain completion zsh), or this text as _kong-drain in a folder of $fpath
_kong_drain() {
  local -a found
  local line value
  for line in "\${(@f)$("\${words[1]}" __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    value=\${line%%$'\\t'*}
    if [[ $value == :files ]]; then
      _files
    elif [[ -n $value ]]; then
      found+=("\${value//:/\\\\:}:\${line#*$'\\t'}")
    fi
  done
  (( $#found )) && _describe -t values 'kong-drain' found
}
if [[ \${funcstack[1]-} == _kong-drain ]]; then
  _kong_drain "$@"
else
  compdef _kong_drain kong-drain
fi
`;

export const SHELLS = ['bash', 'zsh'] as const;
export type Shell = (typeof SHELLS)[number];

export const SCRIPTS: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH };
