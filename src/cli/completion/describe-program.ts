import type { Argument, Command, Option } from 'commander';

/** What a word may be: one of a few, a file, or anything. */
export type Values =
  | { readonly kind: 'any' | 'file' }
  | { readonly kind: 'choices'; readonly choices: readonly string[] };

/** An option as a shell sees it. */
export interface CompletedOption {
  /** Every way to write it, the long one last. */
  readonly flags: readonly string[];
  readonly description: string;
  /** `null`: it takes no value. */
  readonly value: Values | null;
}

/** A command as a shell sees it. */
export interface CompletedCommand {
  /** The words that lead to it, the program first. */
  readonly path: readonly string[];
  readonly description: string;
  readonly commands: readonly CompletedCommand[];
  readonly options: readonly CompletedOption[];
  readonly arguments: readonly Values[];
}

/** Everything a shell can complete, read from the program itself. */
export const describeProgram = (command: Command, parents: readonly string[] = []): CompletedCommand => {
  const help = command.createHelp();
  const path = [...parents, command.name()];
  return {
    path,
    description: command.description(),
    commands: help
      .visibleCommands(command)
      .filter((child) => child.name() !== 'help')
      .map((child) => describeProgram(child, path)),
    options: help.visibleOptions(command).map(describeOption),
    arguments: command.registeredArguments.map((argument) => valuesOf(argument, argument.name())),
  };
};

const describeOption = (option: Option): CompletedOption => ({
  flags: [option.short, option.long].filter((flag) => flag !== undefined),
  description: option.description,
  value: option.required || option.optional ? valuesOf(option, option.flags) : null,
});

/** By our habit a value that is a file is called one: `--out <file>`. */
const valuesOf = ({ argChoices }: Pick<Option | Argument, 'argChoices'>, label: string): Values => {
  if (argChoices !== undefined) return { kind: 'choices', choices: argChoices };
  return { kind: /<file>$|^file$/.test(label) ? 'file' : 'any' };
};

/** The command and everything below it. */
export const everyCommand = (command: CompletedCommand): readonly CompletedCommand[] => [
  command,
  ...command.commands.flatMap(everyCommand),
];
