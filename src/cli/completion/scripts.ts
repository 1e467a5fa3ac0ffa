/** The shells that completion is written for. */
export type Shell = "bash" | "zsh";

// Bash takes ":" and "=" for ends of words, so the line is split here, and what readline will not
// replace is taken off the answers. Where there is no answer, the shell offers files.
const BASH = `# bash completion for sampan: source <(sampan completion bash)
_sampan() {
	local line=\${COMP_LINE:0:COMP_POINT} words current prefix candidate
	read -ra words <<<"$line"
	[[ $line == *[[:space:]] ]] && words+=("")
	current=\${words[-1]}
	prefix=\${current%"\${COMP_WORDS[COMP_CWORD]}"}
	COMPREPLY=()
	while IFS=$'\\t' read -r candidate _; do
		COMPREPLY+=("\${candidate#"$prefix"}")
	done < <("\${words[0]}" __complete "\${words[@]:1}" 2>/dev/null)
}
complete -o default -F _sampan sampan
`;

const ZSH = `#compdef sampan
# zsh completion for sampan: source <(sampan completion zsh)
_sampan() {
	local -a candidates
	local value about
	while IFS=$'\\t' read -r value about; do
		candidates+=("\${value//:/\\\\:}\${about:+:$about}")
	done < <("\${words[1]}" __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)
	if (( \${#candidates} )); then
		_describe sampan candidates
	else
		_files
	fi
}
compdef _sampan sampan
`;

export const SCRIPTS: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH };
