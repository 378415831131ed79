import type { Activity } from './activity.ts';
import { plainName } from '../oauth/show-parameters.ts';
import type { Check } from './check.ts';
import { present } from './present.ts';

/** What to say of a parameter that is absent where the body has another of nearly that name. */
export const nearParameter = (
  { check, presented }: Check,
  parameters: Activity['parameters'],
): string | undefined => {
  if (!check.startsWith('parameter.') || presented !== 'absent') return undefined;
  const name = check.slice('parameter.'.length);
  const near = Object.keys(parameters ?? {}).find(
    (sent) => sent !== name && plainName(sent) === plainName(name),
  );
  return near === undefined
    ? undefined
    : `The body has ${present(near)}, which nobody reads: the name is ${name}, letter by letter.`;
};
