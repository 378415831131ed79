import { failed, grant, refuse, type Verdict } from '../../core/activity/check.ts';
import type { FormParameters } from '../../core/oauth/form-parameters.ts';
import type { ParameterName } from '../../core/oauth/vocabulary.ts';

/** The value of a parameter this grant cannot do without (RFC 6749 §5.2). */
export const required = (parameters: FormParameters, name: ParameterName): Verdict<string> => {
  const value = parameters.get(name);
  if (value !== undefined) return grant(value);
  return refuse('parameter_missing', [
    failed(`parameter.${name}`, 'present and not empty', 'absent', `Send ${name} in the form body.`),
  ]);
};
