import * as z from 'zod';
import { credentialsResource } from './account-keys.ts';
import { removable, status, text, timestamp } from './text.ts';

const description = text(1024);

/** Body of `POST /tenants`. */
export const createTenantBody = z
  .strictObject({ name: text(63), description: description.default('') })
  .meta({ id: 'CreateTenant', example: { name: 'acme', description: 'Acme Inc.' } });

/** Body of `PATCH /tenants/{name}`. */
export const patchTenantBody = z
  .strictObject({ description: removable(description, ''), status: status.optional() })
  .meta({ id: 'PatchTenant', example: { status: 'disabled' } });

const members = {
  name: z.string(),
  description: z.string(),
  status,
  issuer: z.string().meta({ description: 'The issuer identifier of its tokens.' }),
  createdAt: timestamp,
};

/** A tenant on the wire. */
export const tenantResource = z.strictObject(members).meta({ id: 'Tenant' });

/** A tenant that was just made, with the credentials of its first Administrator. */
export const openedTenantResource = z
  .strictObject({ ...members, credentials: credentialsResource })
  .meta({ id: 'OpenedTenant' });
