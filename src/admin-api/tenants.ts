import * as z from 'zod';
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

/** The credentials file of an account with a key of its own, exactly as a client needs it (contract §5). */
export const credentialsResource = z
  .strictObject({
    serviceAccountId: z.string(),
    clientId: z.string(),
    privateKey: z.string().meta({ description: 'PKCS#8 PEM. Shown once, kept nowhere.' }),
    keyId: z.string(),
    algorithm: z.string(),
    tenant: z.string(),
    issuer: z.string(),
    discoveryURI: z.string(),
    tokenEndpoint: z.string(),
  })
  .meta({ id: 'Credentials' });

/** A tenant that was just made, with the credentials of its first Administrator. */
export const openedTenantResource = z
  .strictObject({ ...members, credentials: credentialsResource })
  .meta({ id: 'OpenedTenant' });
