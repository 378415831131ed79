import { accountKeyRoutes } from './account-keys.ts';
import { activityRoutes } from './activities.ts';
import type { AdminRoute } from './admin-route.ts';
import { blockRoutes } from './blocks.ts';
import { credentialProviderRoutes } from './credential-providers.ts';
import { explainRoutes } from './explain.ts';
import { inboxRoutes } from './inbox.ts';
import { proposeRoutes } from './propose.ts';
import { serviceAccountRoutes } from './service-accounts.ts';
import { settingsRoutes } from './settings.ts';
import { signingKeyRoutes } from './signing-keys.ts';
import { teamRoutes } from './teams.ts';
import { tenantRoutes } from './tenants.ts';
import { trustedIssuerRoutes } from './trusted-issuers.ts';
import { useCaseRoutes } from './use-cases.ts';

/** Every route of the admin API. */
export const adminRoutes: readonly AdminRoute[] = [
  ...serviceAccountRoutes,
  ...accountKeyRoutes,
  ...trustedIssuerRoutes,
  ...credentialProviderRoutes,
  ...signingKeyRoutes,
  ...blockRoutes,
  ...teamRoutes,
  ...useCaseRoutes,
  ...activityRoutes,
  ...explainRoutes,
  ...proposeRoutes,
  ...inboxRoutes,
  ...settingsRoutes,
  ...tenantRoutes,
];
