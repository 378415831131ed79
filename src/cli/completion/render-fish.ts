import { type CompletedCommand, type CompletedOption, everyCommand } from './describe-program.ts';
import { placeOf, takesFile } from './shell-text.ts';

/** A script for fish, 3.0 and later: `bureau completion fish | source`. */
export const renderFish = (program: CompletedCommand): string => {
  const [name = ''] = program.path;
  const places = everyCommand(program)
    .filter(({ path }) => path.length > 1)
    .map((command) => quoted(placeOf(command)));
  return `# fish completion of ${name}, made by: ${name} completion fish
function __${name}_at
    set -l at ${name}
    set -l words (commandline -opc)
    set -e words[1]
    for word in $words
        switch "$at $word"
            case ${places.join(' \\\n                ')}
                set at "$at $word"
        end
    end
    test "$at" = "$argv"
end
complete -c ${name} -f
${everyCommand(program)
  .flatMap((command) => renderCommand(name, command))
  .join('\n')}
`;
};

const renderCommand = (name: string, command: CompletedCommand): readonly string[] => {
  const here = `complete -c ${name} -n ${quoted(`__${name}_at ${placeOf(command)}`)}`;
  return [
    ...command.commands.map(
      ({ path, description }) => `${here} -a ${quoted(path.at(-1) ?? '')} -d ${quoted(description)}`,
    ),
    ...command.arguments.flatMap((values) =>
      values.kind === 'choices' ? [`${here} -a ${quoted(values.choices.join(' '))}`] : [],
    ),
    ...(takesFile(command) ? [`${here} -F`] : []),
    ...command.options.map((option) => `${here}${renderOption(option)}`),
  ];
};

const renderOption = ({ flags, description, value }: CompletedOption): string => {
  const names = flags.map((flag) =>
    flag.startsWith('--') ? ` -l ${flag.slice(2)}` : ` -s ${flag.slice(1)}`,
  );
  const taken =
    value === null
      ? ''
      : value.kind === 'choices'
        ? ` -x -a ${quoted(value.choices.join(' '))}`
        : value.kind === 'file'
          ? ' -r -F'
          : ' -x';
  return `${names.join('')}${taken} -d ${quoted(description)}`;
};

/** `text` as one word of fish: only the backslash and the quote mean something between quotes. */
const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", String.raw`\'`)}'`;
