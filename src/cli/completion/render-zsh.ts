import { type CompletedCommand, everyCommand, type Values } from './describe-program.ts';
import { optionsByValues, placeOf, placesBelow, quoted, takesFile } from './shell-text.ts';

/** A script for zsh: `source <(bureau completion zsh)` after `compinit`, or as `_bureau` in a folder of `$fpath`. */
export const renderZsh = (program: CompletedCommand): string => {
  const [name = ''] = program.path;
  return `#compdef ${name}
# zsh completion of ${name}, made by: ${name} completion zsh
_${name}() {
  local at=${quoted(name)} word i
  local previous="\${words[CURRENT-1]}"
  local files=''
  local -a commands options
  if [[ $PREFIX == --*=* ]]; then
    previous="\${PREFIX%%=*}"
    compset -P '*='
  fi
  for ((i = 2; i < CURRENT; i++)); do
    word="\${words[i]}"
    case "$at $word" in
      (${placesBelow(program).join('|\\\n       ')}) at="$at $word" ;;
    esac
  done
  case "$at $previous" in
${optionsByValues(program).map(renderValues).join('\n')}
  esac
  case "$at" in
${everyCommand(program).map(renderCommand).join('\n')}
  esac
  if [[ $PREFIX == -* ]]; then _describe -o option options
  elif [[ -n $files ]]; then _files
  else _describe command commands
  fi
}
if [[ $funcstack[1] == _${name} ]]; then _${name} "$@"
else compdef _${name} ${name}
fi
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
      ? `compadd -- ${values.choices.map(quoted).join(' ')}; `
      : values.kind === 'file'
        ? '_files; '
        : '';
  return `    (${cases.join('|\\\n     ')}) ${words}return ;;`;
};

const renderCommand = (command: CompletedCommand): string => {
  const choices = command.arguments.flatMap((values) => (values.kind === 'choices' ? values.choices : []));
  const words = [
    ...command.commands.map(({ path, description }) => described(path.at(-1) ?? '', description)),
    ...choices.map(quoted),
  ];
  const flags = command.options.flatMap((option) =>
    option.flags.map((flag) => described(flag, option.description)),
  );
  return `    (${quoted(placeOf(command))})
      commands=(${words.join(' ')})
      options=(${flags.join('\n        ')})
      files=${quoted(takesFile(command) ? 'yes' : '')} ;;`;
};

/** What `_describe` reads: a word, a colon and what it means. */
const described = (word: string, description: string): string =>
  quoted(`${word.replaceAll(':', String.raw`\:`)}:${description}`);
