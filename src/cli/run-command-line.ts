import { type Command, CommanderError } from 'commander';
import { CommandFailed } from './command-failed.ts';
import type { CommandContext } from './command-context.ts';
import { keepDashedKeys } from './dashed-keys.ts';
import { exitCodes } from './exit-codes.ts';
import { buildProgram, type ServerCommands } from './program.ts';

/**
 * Runs one command to its end and gives the exit code; `null` for a server that goes on.
 *
 * A fault of ours is shown with its stack, through {@link CommandContext.say}, which lets no token pass (A102).
 */
export const runCommandLine = async (
  args: readonly string[],
  context: CommandContext,
  commands: ServerCommands,
): Promise<number | null> => {
  const program = await buildProgram(context, commands, args[0]);
  try {
    await parse(program, args);
    await context.written();
    return args[0] === 'serve' && !args.includes('--help') ? null : exitCodes.done;
  } catch (error) {
    if (error instanceof CommanderError) return exitCodes.usage;
    if (error instanceof CommandFailed) {
      for (const line of error.lines) context.say(`bureau: ${line}`);
      return error.exitCode;
    }
    if (args[0] === 'serve' || !(error instanceof Error)) throw error;
    context.say(`bureau: internal fault: ${error.stack ?? error.message}`);
    return exitCodes.refused;
  }
};

/** Whether a word is an option, of this command or of one below it, that always has a value. */
const takesValue = ({ options, commands }: Command, word: string): boolean =>
  options.some((option) => option.required && [option.long, option.short].includes(word)) ||
  commands.some((command) => takesValue(command, word));

/** Help that was asked for ends the parser as a misuse does. */
const parse = async (program: Command, args: readonly string[]): Promise<void> => {
  try {
    const understood = keepDashedKeys(args, (word) => takesValue(program, word));
    await program.parseAsync([...understood], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError) || error.exitCode !== 0) throw error;
  }
};
