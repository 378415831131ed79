import { type Command, InvalidArgumentError, Option } from 'commander';
import type { OptionValues } from './admin-options.ts';

/** How a flag becomes the member of a body. */
type Kind =
  | 'text'
  /** May be given again; all together are the list. */
  | 'list'
  | 'switch'
  | 'number'
  /** The text of the file that is named, or of stdin for `-`. */
  | 'textFile'
  /** The same, as JSON. */
  | 'jsonFile';

/** A member of a resource that can be given on the command line. */
export interface MemberFlag {
  readonly member: string;
  readonly kind: Kind;
  /** As commander has it: `--use-case <name>`. */
  readonly flags: string;
  readonly description: string;
  readonly choices?: readonly string[];
  /** What `--no-…` stands for in an update: the default comes back. */
  readonly emptied?: null | readonly [];
}

/** Adds an option for each member; in an update also the one that takes the member away. */
export const addMemberFlags = (command: Command, flags: readonly MemberFlag[], forUpdate: boolean): void => {
  for (const flag of flags) {
    const option = optionOf(flag);
    const opposite = option.long?.replace('--', '--no-') ?? '';
    command.addOption(option);
    if (flag.kind === 'switch') command.option(opposite, 'not so; that is the default');
    else if (forUpdate && flag.emptied !== undefined)
      command.option(opposite, 'nothing there any more, so that the default counts');
  }
};

const optionOf = ({ kind, flags, description, choices }: MemberFlag): Option => {
  if (kind === 'list') return listOption(flags, description, choices);
  const option = new Option(flags, description);
  if (kind === 'number') option.argParser(parseWhole);
  return choices === undefined ? option : option.choices(choices);
};

/** An option that may be given again; its value is the list of all. */
export const listOption = (flags: string, description: string, choices?: readonly string[]): Option => {
  const option = new Option(flags, `${description}; again for more`);
  if (choices !== undefined) option.argChoices = [...choices];
  return option.argParser((value: string, previous: unknown): readonly unknown[] => {
    if (choices?.includes(value) === false)
      throw new InvalidArgumentError(`Allowed choices are ${choices.join(', ')}.`);
    return Array.isArray(previous) ? [...(previous as readonly unknown[]), value] : [value];
  });
};

/** A whole number that is not negative. */
export const parseWhole = (text: string): number => {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It has to be a whole number.');
  return Number(text);
};

/**
 * The members that the flags say, and nothing of those that were not given.
 *
 * @param readText the text of a file that a flag names
 * @param readJson the same as JSON
 */
export const readMemberFlags = async (
  values: OptionValues,
  flags: readonly MemberFlag[],
  {
    readText,
    readJson,
  }: {
    readonly readText: (path: string) => Promise<string>;
    readonly readJson: (path: string) => Promise<unknown>;
  },
): Promise<Readonly<Record<string, unknown>>> => {
  const members: Record<string, unknown> = {};
  for (const flag of flags) {
    const value = values[new Option(flag.flags).attributeName()];
    if (value === undefined) continue;
    const { member, kind, emptied } = flag;
    if (value === false && kind !== 'switch') members[member] = emptied;
    else if (kind === 'textFile' && typeof value === 'string') members[member] = await readText(value);
    else if (kind === 'jsonFile' && typeof value === 'string') members[member] = await readJson(value);
    else members[member] = value;
  }
  return members;
};
