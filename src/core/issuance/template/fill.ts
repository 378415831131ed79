import { failed, grant, passed, refuse, type Verdict } from '../../activity/check.ts';
import { present } from '../../activity/present.ts';
import type { JsonValue } from '../../json.ts';
import type { Template, TemplatePart } from './template.ts';
import type { TemplateData } from './variable.ts';

/** One variable of a template with what it holds. */
export interface FilledVariable {
  readonly name: string;
  readonly value: JsonValue;
}

/** Which values may stand in a text, and the words for it. */
export interface ValueRule {
  readonly permits: (value: string, part: Extract<TemplatePart, { readonly variable: unknown }>) => boolean;
  readonly expected: string;
}

/** Any text. */
export const anyText: ValueRule = { permits: () => true, expected: 'a string' };

/**
 * Fills a template in one pass (A74). A value that is missing, no string, or not permitted refuses the whole: it is never
 * left out, made to fit or empty (A75, A78).
 *
 * @param check the name under which the activity shows it
 */
export const fillTemplate = (
  { parts }: Template,
  data: TemplateData,
  rule: ValueRule,
  check: string,
): Verdict<string> => {
  let text = '';
  for (const part of parts) {
    if ('literal' in part) text += part.literal;
    else {
      const value = part.variable(data);
      const expected = `${part.name}: ${rule.expected}`;
      if (value === undefined)
        return refuse('svid_value_missing', [
          failed(
            check,
            expected,
            'absent',
            'What was verified does not say this. Use another variable, or another platform token.',
          ),
        ]);
      if (typeof value !== 'string' || value === '' || !rule.permits(value, part))
        return refuse('svid_subject_invalid', [
          failed(check, expected, present(value), 'The value is used as it is or not at all.'),
        ]);
      text += value;
    }
  }
  return grant(text, [passed(check, 'every variable has a value that fits', present(text))]);
};

/** The value of a template that is one variable and nothing else, with its type; otherwise its text (A78). */
export const fillTyped = (template: Template, data: TemplateData, check: string): Verdict<JsonValue> => {
  const [only, ...others] = template.parts;
  if (only === undefined || 'literal' in only || others.length > 0)
    return fillTemplate(template, data, anyText, check);
  const value = only.variable(data);
  return value === undefined || value === null
    ? refuse('svid_value_missing', [
        failed(check, `${only.name}: a value`, 'absent', 'What was verified does not say this.'),
      ])
    : grant(value, [passed(check, `${only.name}: a value`, present(value))]);
};
