import { type CompletedCommand, everyCommand, type Values } from './describe-program.ts';
import { optionsByValues, placeOf, placesBelow, quoted, takesFile } from './shell-text.ts';

/** A script for bash, 3.2 and later: `source <(bureau completion bash)`. */
export const renderBash = (program: CompletedCommand): string => {
  const [name = ''] = program.path;
  return `# bash completion of ${name}, made by: ${name} completion bash
_${name}() {
  local at=${quoted(name)} word i
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}"
  local commands='' options='' files=''
  COMPREPLY=()
  # --option=value is three words to bash.
  if [[ $current == '=' ]]; then current=''
  elif [[ $previous == '=' ]]; then previous="\${COMP_WORDS[COMP_CWORD-2]}"
  fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    case "$at $word" in
      ${placesBelow(program).join(' | \\\n      ')}) at="$at $word" ;;
    esac
  done
  case "$at $previous" in
${optionsByValues(program).map(renderValues).join('\n')}
  esac
  case "$at" in
${everyCommand(program).map(renderCommand).join('\n')}
  esac
  if [[ $current == -* ]]; then COMPREPLY=($(compgen -W "$options" -- "$current"))
  elif [[ -n $files ]]; then compopt -o default 2>/dev/null || COMPREPLY=($(compgen -f -- "$current"))
  else COMPREPLY=($(compgen -W "$commands" -- "$current"))
  fi
}
complete -F _${name} ${name}
`;
};

const renderValues = ({
  values,
  cases,
}: {
  readonly values: Values;
  readonly cases: readonly string[];
}): string => {
  const words =
    values.kind === 'choices'
      ? `COMPREPLY=($(compgen -W ${quoted(values.choices.join(' '))} -- "$current")); `
      : values.kind === 'file'
        ? 'compopt -o default 2>/dev/null || COMPREPLY=($(compgen -f -- "$current")); '
        : '';
  return `    ${cases.join(' | \\\n    ')}) ${words}return ;;`;
};

const renderCommand = (command: CompletedCommand): string => {
  const choices = command.arguments.flatMap((values) => (values.kind === 'choices' ? values.choices : []));
  const words = [...command.commands.map(({ path }) => path.at(-1) ?? ''), ...choices];
  const flags = command.options.flatMap((option) => option.flags);
  return `    ${quoted(placeOf(command))}) commands=${quoted(words.join(' '))} options=${quoted(flags.join(' '))} files=${quoted(takesFile(command) ? 'yes' : '')} ;;`;
};
