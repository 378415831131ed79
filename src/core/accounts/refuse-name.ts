import { problem, type RegistrationProblem } from '../trust/registration-problem.ts';

/** How long a name that people read may be. */
export const maxDisplayNameLength = 128;
/** How long a description may be. */
export const maxDescriptionLength = 1024;
/** How long a name that is also a key may be. */
export const maxKeyNameLength = 64;

const keyName = /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/;

/** What is wrong with a name that people read, or `null`: any text without control characters and outer spaces. */
export const refuseDisplayName = (name: string): string | null => {
  if (name === '') return 'The name is empty. Give one.';
  if (name.length > maxDisplayNameLength)
    return `The name is longer than ${maxDisplayNameLength} characters.`;
  if (name !== name.trim()) return 'The name begins or ends with a space. Remove it.';
  if (/[\p{Cc}\p{Cf}\u2028\u2029]/u.test(name))
    return 'The name contains a control or invisible character. Remove it.';
  return null;
};

/** What is wrong with a name that is also a key and part of a path, as those of teams and use cases are, or `null`. */
export const refuseKeyName = (name: string): string | null =>
  name.length <= maxKeyNameLength && keyName.test(name)
    ? null
    : `A name is 1 to ${maxKeyNameLength} letters, digits, dots, dashes or underscores, and begins and ends with a letter or digit.`;

/** What is wrong with a description. */
export const refuseDescription = (description: string): readonly RegistrationProblem[] =>
  description.length <= maxDescriptionLength
    ? []
    : [problem('/description', `The description is longer than ${maxDescriptionLength} characters.`)];
