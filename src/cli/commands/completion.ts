import type { Command } from 'commander';
import type { CommandContext } from '../command-context.ts';

/** The shells a script can be made for. */
const shells = ['bash', 'zsh', 'fish'] as const;

/** `bureau completion SHELL`: made from the program itself, so that it knows every command there is. */
export const addCompletionCommand = (program: Command, context: CommandContext): void => {
  const group = program.command('completion').description('print a script that completes bureau in a shell');
  const howTo = {
    bash: 'source <(bureau completion bash)',
    zsh: 'source <(bureau completion zsh)',
    fish: 'bureau completion fish | source',
  };
  for (const shell of shells)
    group
      .command(shell)
      .description(howTo[shell])
      .action(async () => {
        const { renderCompletion } = await import('../completion/render-completion.ts');
        context.write(renderCompletion(program, shell));
      });
};
