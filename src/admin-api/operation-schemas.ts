import * as z from 'zod';
import {
  accountKeyParams,
  accountKeyResource,
  createAccountKeyBody,
  createdAccountKeyResource,
  patchAccountKeyBody,
} from './account-keys.ts';
import {
  activityResource,
  activityStoryResource,
  exportActivitiesQuery,
  exportedActivities,
  listActivitiesQuery,
  trailReportResource,
} from './activities.ts';
import { blockResource, createBlockBody, deleteBlockQuery, listBlocksQuery } from './blocks.ts';
import { explainBody, explainedResource } from './explain.ts';
import { inboxDetailResource, inboxEntryResource, listInboxQuery } from './inbox.ts';
import { listQuery, pageOf } from './page.ts';
import { proposalResource, proposeFromInboxBody, proposeServiceAccountBody } from './propose.ts';
import {
  createServiceAccountBody,
  createdServiceAccountResource,
  forceQuery,
  listServiceAccountsQuery,
  patchServiceAccountBody,
  serviceAccountResource,
} from './service-accounts.ts';
import { patchSettingsBody, settingsResource } from './settings.ts';
import { createTeamBody, patchTeamBody, teamResource } from './teams.ts';
import { createTenantBody, openedTenantResource, patchTenantBody, tenantResource } from './tenants.ts';
import {
  createTrustedIssuerBody,
  keyHealthResource,
  patchTrustedIssuerBody,
  trustedIssuerResource,
  trustedIssuerWithHealthResource,
} from './trusted-issuers.ts';
import { createUseCaseBody, patchUseCaseBody, useCaseResource } from './use-cases.ts';
import type { AdminOperationName } from './operations.ts';
import { identifier } from './text.ts';
import {
  createCredentialProviderBody,
  credentialProviderResource,
  patchCredentialProviderBody,
  verifiedCredentialProviderResource,
  verifyCredentialProviderBody,
} from './credential-providers.ts';
import { rotateSigningKeysBody, signingKeyParams, signingKeysResource } from './signing-keys.ts';

/** The wire shapes of one operation. */
export interface OperationSchemas {
  /** The parameters of its path. */
  readonly params: z.ZodType;
  readonly query: z.ZodType;
  /** `null`: it has no body. */
  readonly body: z.ZodType | null;
  readonly response: z.ZodType;
}

const noMembers = z.strictObject({});
const noContent = z.undefined().describe('Done; there is no body.');
const identified = z.strictObject({ id: identifier });
const named = z.strictObject({ name: identifier });

/** What goes in and out of every operation; routes, the OpenAPI document and the client are typed by it. */
export const operationSchemas = {
  listServiceAccounts: {
    params: noMembers,
    query: listServiceAccountsQuery,
    body: null,
    response: pageOf(serviceAccountResource).meta({ id: 'ServiceAccountPage' }),
  },
  createServiceAccount: {
    params: noMembers,
    query: noMembers,
    body: createServiceAccountBody,
    response: createdServiceAccountResource,
  },
  getServiceAccount: { params: identified, query: noMembers, body: null, response: serviceAccountResource },
  patchServiceAccount: {
    params: identified,
    query: forceQuery,
    body: patchServiceAccountBody,
    response: serviceAccountResource,
  },
  deleteServiceAccount: { params: identified, query: forceQuery, body: null, response: noContent },
  proposeServiceAccount: {
    params: noMembers,
    query: noMembers,
    body: proposeServiceAccountBody,
    response: proposalResource,
  },

  listInbox: {
    params: noMembers,
    query: listInboxQuery,
    body: null,
    response: pageOf(inboxEntryResource).meta({ id: 'InboxPage' }),
  },
  getInboxEntry: { params: identified, query: noMembers, body: null, response: inboxDetailResource },
  deleteInboxEntry: { params: identified, query: noMembers, body: null, response: noContent },
  proposeFromInbox: {
    params: identified,
    query: noMembers,
    body: proposeFromInboxBody.optional(),
    response: proposalResource,
  },

  listAccountKeys: {
    params: identified,
    query: listQuery,
    body: null,
    response: pageOf(accountKeyResource).meta({ id: 'AccountKeyPage' }),
  },
  createAccountKey: {
    params: identified,
    query: noMembers,
    body: createAccountKeyBody,
    response: createdAccountKeyResource,
  },
  getAccountKey: { params: accountKeyParams, query: noMembers, body: null, response: accountKeyResource },
  patchAccountKey: {
    params: accountKeyParams,
    query: forceQuery,
    body: patchAccountKeyBody,
    response: accountKeyResource,
  },
  deleteAccountKey: { params: accountKeyParams, query: forceQuery, body: null, response: noContent },

  listTrustedIssuers: {
    params: noMembers,
    query: listQuery,
    body: null,
    response: pageOf(trustedIssuerResource).meta({ id: 'TrustedIssuerPage' }),
  },
  createTrustedIssuer: {
    params: noMembers,
    query: noMembers,
    body: createTrustedIssuerBody,
    response: trustedIssuerResource,
  },
  getTrustedIssuer: {
    params: identified,
    query: noMembers,
    body: null,
    response: trustedIssuerWithHealthResource,
  },
  patchTrustedIssuer: {
    params: identified,
    query: forceQuery,
    body: patchTrustedIssuerBody,
    response: trustedIssuerResource,
  },
  deleteTrustedIssuer: { params: identified, query: noMembers, body: null, response: noContent },
  refreshTrustedIssuer: { params: identified, query: noMembers, body: null, response: keyHealthResource },
  listCredentialProviders: {
    params: noMembers,
    query: listQuery,
    body: null,
    response: pageOf(credentialProviderResource).meta({ id: 'CredentialProviderPage' }),
  },
  createCredentialProvider: {
    params: noMembers,
    query: noMembers,
    body: createCredentialProviderBody,
    response: credentialProviderResource,
  },
  getCredentialProvider: {
    params: identified,
    query: noMembers,
    body: null,
    response: credentialProviderResource,
  },
  patchCredentialProvider: {
    params: identified,
    query: noMembers,
    body: patchCredentialProviderBody,
    response: credentialProviderResource,
  },
  deleteCredentialProvider: { params: identified, query: noMembers, body: null, response: noContent },
  verifyCredentialProvider: {
    params: identified,
    query: noMembers,
    body: verifyCredentialProviderBody,
    response: verifiedCredentialProviderResource,
  },

  listSigningKeys: { params: noMembers, query: listQuery, body: null, response: signingKeysResource },
  rotateSigningKeys: {
    params: noMembers,
    query: noMembers,
    body: rotateSigningKeysBody.optional(),
    response: signingKeysResource,
  },
  revokeSigningKey: { params: signingKeyParams, query: noMembers, body: null, response: signingKeysResource },

  listBlocks: {
    params: noMembers,
    query: listBlocksQuery,
    body: null,
    response: pageOf(blockResource).meta({ id: 'BlockPage' }),
  },
  createBlock: { params: noMembers, query: forceQuery, body: createBlockBody, response: blockResource },
  getBlock: { params: identified, query: noMembers, body: null, response: blockResource },
  deleteBlock: { params: identified, query: deleteBlockQuery, body: null, response: noContent },

  listTeams: {
    params: noMembers,
    query: listQuery,
    body: null,
    response: pageOf(teamResource).meta({ id: 'TeamPage' }),
  },
  createTeam: { params: noMembers, query: noMembers, body: createTeamBody, response: teamResource },
  getTeam: { params: named, query: noMembers, body: null, response: teamResource },
  patchTeam: { params: named, query: noMembers, body: patchTeamBody, response: teamResource },
  deleteTeam: { params: named, query: noMembers, body: null, response: noContent },
  listUseCases: {
    params: noMembers,
    query: listQuery,
    body: null,
    response: pageOf(useCaseResource).meta({ id: 'UseCasePage' }),
  },
  createUseCase: { params: noMembers, query: noMembers, body: createUseCaseBody, response: useCaseResource },
  getUseCase: { params: named, query: noMembers, body: null, response: useCaseResource },
  patchUseCase: { params: named, query: noMembers, body: patchUseCaseBody, response: useCaseResource },
  deleteUseCase: { params: named, query: noMembers, body: null, response: noContent },
  listActivities: {
    params: noMembers,
    query: listActivitiesQuery,
    body: null,
    response: pageOf(activityResource).meta({ id: 'ActivityPage' }),
  },
  exportActivities: {
    params: noMembers,
    query: exportActivitiesQuery,
    body: null,
    response: exportedActivities,
  },
  verifyActivities: { params: noMembers, query: noMembers, body: null, response: trailReportResource },
  getActivity: { params: identified, query: noMembers, body: null, response: activityStoryResource },
  explain: { params: noMembers, query: noMembers, body: explainBody, response: explainedResource },
  getSettings: { params: noMembers, query: noMembers, body: null, response: settingsResource },
  patchSettings: { params: noMembers, query: noMembers, body: patchSettingsBody, response: settingsResource },
  listTenants: {
    params: noMembers,
    query: listQuery,
    body: null,
    response: pageOf(tenantResource).meta({ id: 'TenantPage' }),
  },
  createTenant: {
    params: noMembers,
    query: noMembers,
    body: createTenantBody,
    response: openedTenantResource,
  },
  getTenant: { params: named, query: noMembers, body: null, response: tenantResource },
  patchTenant: { params: named, query: noMembers, body: patchTenantBody, response: tenantResource },
} as const satisfies Record<AdminOperationName, OperationSchemas>;

/** {@link operationSchemas} of one operation. */
export type SchemasOf<Name extends AdminOperationName> = (typeof operationSchemas)[Name];
