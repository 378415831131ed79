import * as z from 'zod';
import { accessTokenAlgorithms } from '../core/jwt/algorithms.ts';
import { defaultTenantSettings } from '../core/tenants/tenant.ts';
import { removable, text } from './text.ts';

const members = {
  accessTokenAlgorithm: z.enum(accessTokenAlgorithms),
  assertionAudiences: z.array(text(512)).max(20),
  federatedClientAssertion: z.boolean(),
  strictScopes: z.boolean(),
  activityRetentionDays: z.int().min(1).max(3650),
  trustDomain: text(255, 1).nullable().meta({
    description: 'SPIFFE trust domain of its JWT-SVIDs; null until the first credential provider names one.',
  }),
};

/** Body of `PATCH /settings`; `null` gives a setting its default back. */
export const patchSettingsBody = z
  .strictObject({
    accessTokenAlgorithm: removable(members.accessTokenAlgorithm, defaultTenantSettings.accessTokenAlgorithm),
    assertionAudiences: removable(members.assertionAudiences, [...defaultTenantSettings.assertionAudiences]),
    federatedClientAssertion: removable(
      members.federatedClientAssertion,
      defaultTenantSettings.federatedClientAssertion,
    ),
    strictScopes: removable(members.strictScopes, defaultTenantSettings.strictScopes),
    activityRetentionDays: removable(
      members.activityRetentionDays,
      defaultTenantSettings.activityRetentionDays,
    ),
    trustDomain: members.trustDomain.optional(),
  })
  .meta({ id: 'PatchSettings', example: { strictScopes: true } });

/** The settings of a tenant on the wire. */
export const settingsResource = z
  .strictObject(members)
  .meta({ id: 'Settings', example: { ...defaultTenantSettings } });
