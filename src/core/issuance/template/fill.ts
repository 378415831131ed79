import { type Check, failed, grant, passed, refuse, type Verdict } from '../../activity/check.ts';
import { present } from '../../activity/present.ts';
import { findUnsafeNumber } from '../../json-numbers.ts';
import type { JsonValue } from '../../json.ts';
import type { RefusalReason } from '../../oauth/reasons.ts';
import type { Template, TemplatePart } from './template.ts';
import type { TemplateData } from './variable.ts';

type VariablePart = Extract<TemplatePart, { readonly variable: unknown }>;

/** Which values may stand in a text, the words for it, and the reason where one may not. */
export interface ValueRule {
  readonly permits: (value: string, part: VariablePart) => boolean;
  readonly expected: string;
  readonly reason: RefusalReason;
}

const anyText: ValueRule = { permits: () => true, expected: 'a text', reason: 'svid_claim_invalid' };
const missingHint = 'What was verified does not say this. Use another variable, or another platform token.';

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
      if (value === undefined) return refuse('svid_value_missing', [missing(check, expected)]);
      if (typeof value !== 'string' || value === '' || !rule.permits(value, part))
        return refuse(rule.reason, [
          failed(check, expected, present(value), 'The value is used as it is or not at all.'),
        ]);
      text += value;
    }
  }
  return grant(text, [passed(check, 'every variable has a value that fits', present(text))]);
};

/**
 * The value of a template that is one variable and nothing else, with its type; otherwise its text (A78). A number that is
 * not exactly the one that was verified is no value, wherever in it.
 */
export const fillTyped = (template: Template, data: TemplateData, check: string): Verdict<JsonValue> => {
  const [only, ...others] = template.parts;
  if (only === undefined || 'literal' in only || others.length > 0)
    return fillTemplate(template, data, anyText, check);
  const value = only.variable(data);
  const expected = `${only.name}: a value`;
  if (value === undefined || value === null || value === '')
    return refuse('svid_value_missing', [missing(check, expected, value)]);
  return findUnsafeNumber(value) === null
    ? grant(value, [passed(check, expected, present(value))])
    : refuse('svid_claim_invalid', [
        failed(check, `${only.name}: numbers of at most 2^53 - 1`, present(value), unsafeNumberHint),
      ]);
};

const unsafeNumberHint =
  'A larger number would leave as another one. Let the platform send it as a string, or use another claim.';

const missing = (check: string, expected: string, value?: JsonValue): Check =>
  failed(check, expected, present(value), missingHint);
