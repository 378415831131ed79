import type { Command } from 'commander';
import { type CompletedCommand, describeProgram } from './describe-program.ts';
import { renderBash } from './render-bash.ts';
import { renderFish } from './render-fish.ts';
import { renderZsh } from './render-zsh.ts';

const renderers = {
  bash: renderBash,
  zsh: renderZsh,
  fish: renderFish,
} as const satisfies Record<string, (program: CompletedCommand) => string>;

/** The script that completes `program` in this shell. */
export const renderCompletion = (program: Command, shell: keyof typeof renderers): string =>
  renderers[shell](describeProgram(program));
