import { type CompletedCommand, everyCommand, type Values } from './describe-program.ts';

/** `text` as one word of bash and zsh, whatever is in it. */
export const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

/** The words that lead to a command as one text, by which the scripts know where they are. */
export const placeOf = ({ path }: CompletedCommand): string => path.join(' ');

/** The places that can be reached by one more word, as alternatives of a `case`. */
export const placesBelow = (program: CompletedCommand): readonly string[] =>
  everyCommand(program)
    .filter(({ path }) => path.length > 1)
    .map((command) => quoted(placeOf(command)));

/** Options that take the same values, as alternatives of a `case`: the place, and then the option. */
export const optionsByValues = (
  program: CompletedCommand,
): readonly { readonly values: Values; readonly cases: readonly string[] }[] => {
  const groups = new Map<string, { readonly values: Values; readonly cases: string[] }>();
  for (const command of everyCommand(program))
    for (const { flags, value } of command.options) {
      if (value === null) continue;
      const key = JSON.stringify(value);
      const group = groups.get(key) ?? { values: value, cases: [] };
      group.cases.push(...flags.map((flag) => quoted(`${placeOf(command)} ${flag}`)));
      groups.set(key, group);
    }
  return [...groups.values()];
};

/** Whether a command takes a file as an argument. */
export const takesFile = ({ arguments: values }: CompletedCommand): boolean =>
  values.some(({ kind }) => kind === 'file');
