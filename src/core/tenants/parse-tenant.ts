import { refuseDescription } from '../accounts/refuse-name.ts';
import { fail, ok, type Result } from '../result.ts';
import { problem, type RegistrationProblem } from '../trust/registration-problem.ts';
import { defaultTenant, type Tenant } from './tenant.ts';

/** A tenant as it is asked for. */
export type TenantInput = Pick<Tenant, 'name' | 'description'>;

/** Part of an issuer's URL, so of the characters of a host label. */
const slug = /^[a-z0-9][a-z0-9-]{0,62}$/;

/** Names that mean something else in a path, a command or a message. */
const reserved: ReadonlySet<string> = new Set([
  'admin',
  'all',
  'any',
  'api',
  'bureau',
  'console',
  'constructor',
  'health',
  'healthz',
  'introspect',
  'jwks',
  'livez',
  'metrics',
  'new',
  'none',
  'null',
  'oauth',
  'oauth2',
  'prototype',
  'readyz',
  'revoke',
  'root',
  'spiffe',
  'system',
  't',
  'tenant',
  'tenants',
  'token',
  'undefined',
  'v1',
  'v2',
  'well-known',
  'www',
]);

/** Every invariant of a tenant that is to be made. That it does not exist yet only the store knows. */
export const parseTenant = (input: TenantInput): Result<TenantInput, readonly RegistrationProblem[]> => {
  const problems = [...parseTenantName(input.name), ...refuseDescription(input.description)];
  return problems.length === 0 ? ok({ name: input.name, description: input.description }) : fail(problems);
};

const parseTenantName = (name: string): readonly RegistrationProblem[] => {
  if (!slug.test(name)) {
    return [
      problem(
        '/name',
        'A tenant name is 1 to 63 lower-case letters, digits or dashes and begins with a letter or digit.',
      ),
    ];
  }
  return name !== defaultTenant && reserved.has(name)
    ? [problem('/name', `The name ${name} is reserved. Choose another.`)]
    : [];
};
