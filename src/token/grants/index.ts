import { failed, grant as granted, passed, refuse, type Verdict } from '../../core/activity/check.ts';
import { present } from '../../core/activity/present.ts';
import type { FormParameters } from '../../core/oauth/form-parameters.ts';
import { clientCredentials } from './client-credentials.ts';
import type { Grant } from './grant.ts';
import { jwtBearer } from './jwt-bearer.ts';
import { required } from './required.ts';
import { tokenExchange } from './token-exchange.ts';

/** Every grant of the token endpoint; the metadata follows from this table. */
export const grants: readonly Grant[] = [tokenExchange, jwtBearer, clientCredentials];

/** The grant a request asks for, by its exact type (TR-08, TR-09). */
export const chooseGrant = (parameters: FormParameters): Verdict<Grant> => {
  const type = required(parameters, 'grant_type');
  if (!type.ok) return type;
  const chosen = grants.find((candidate) => candidate.type === type.value);
  const expected = 'one of grant_types_supported';
  if (chosen === undefined)
    return refuse('grant_type_unknown', [
      failed(
        'parameter.grant_type',
        expected,
        present(type.value),
        `Use ${grants.map((candidate) => candidate.type).join(', ')} to the letter.`,
      ),
    ]);
  return granted(chosen, () => [passed('parameter.grant_type', expected, type.value)]);
};
