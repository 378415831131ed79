import { expect, it } from 'vitest';
import { failed } from '../../../src/core/activity/check.ts';
import { nearParameter } from '../../../src/core/activity/near-parameter.ts';

const absent = failed('parameter.subject_token', 'present and not empty', 'absent');

it.each(['subjectToken', 'subject-token', 'SUBJECT_TOKEN'])(
  'names %s where subject_token is absent',
  (sent) => {
    expect(nearParameter(absent, { [sent]: '<not read here>' })).toBe(
      `The body has ${sent}, which nobody reads: the name is subject_token, letter by letter.`,
    );
  },
);

it.each([
  ['nothing of that name', absent, { scope: 'a' }],
  ['no parameters', absent, null],
  ['the parameter itself, empty', absent, { subject_token: '' }],
  ['a parameter that is there and wrong', failed('parameter.scope', 'a', 'b'), { Scope: 'a' }],
  ['a check of something else', failed('request.scope', 'a', 'absent'), { Scope: 'a' }],
])('control: says nothing of %s', (_title, check, parameters) => {
  expect(nearParameter(check, parameters)).toBeUndefined();
});
