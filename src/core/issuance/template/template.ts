import { fail, ok, type Result } from '../../result.ts';
import { parseVariable, type Variable, type VariableWorld } from './variable.ts';

/** A text with variables in it, read once and never again: what a variable holds is not looked at for more (A74). */
export interface Template {
  readonly parts: readonly TemplatePart[];
}

/** A piece of text, or a variable. */
export type TemplatePart =
  | { readonly literal: string }
  | {
      readonly variable: Variable;
      /** As it was written, without `${` and `}`. */
      readonly name: string;
      /** Where its `${` stands, counted from 0 in UTF-16 code units. */
      readonly position: number;
    };

/** What is wrong with a template, where, and what to do. */
export interface TemplateProblem {
  readonly position: number;
  readonly message: string;
}

/** The longest template, and the most variables in one. */
const maxTemplateLength = 2048;
const maxVariables = 32;

/**
 * Reads `${name}` (A77). There is nothing else: no expression, no nesting, no escape. A `$` that no `{` follows is itself.
 */
export const parseTemplate = (text: string, world: VariableWorld): Result<Template, TemplateProblem> => {
  if (text.length > maxTemplateLength)
    return fail({
      position: maxTemplateLength,
      message: `A template has at most ${maxTemplateLength} characters.`,
    });
  const parts: TemplatePart[] = [];
  let from = 0;
  let variables = 0;
  for (;;) {
    const open = text.indexOf('${', from);
    const literal = open < 0 ? text.slice(from) : text.slice(from, open);
    if (literal !== '') parts.push({ literal });
    if (open < 0) return ok({ parts });
    const close = text.indexOf('}', open);
    if (close < 0) return fail({ position: open, message: 'This ${ is not closed. Close it with }.' });
    const name = text.slice(open + 2, close);
    const variable = parseVariable(name, world);
    if (!variable.ok) return fail({ position: open, message: variable.error });
    parts.push({ variable: variable.value, name, position: open });
    variables += 1;
    if (variables > maxVariables)
      return fail({ position: open, message: `A template has at most ${maxVariables} variables.` });
    from = close + 1;
  }
};
