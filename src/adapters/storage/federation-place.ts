import { hash } from 'node:crypto';
import type { Federation } from '../../core/trust/federation.ts';
import { type FederationGroup, groupName, groupOf } from '../../core/trust/federation-group.ts';
import { cutText, nearForm } from '../../core/trust/near-form.ts';

/** So much of the form stands in the index: a neighbour that differs behind it is near enough. */
const maxNear = 200;

/** 132 bits: two groups with one key would only be read together, for what covers a subject is looked at again. */
const keyCharacters = 22;

/** The key of a group in the index: a hash, because its parts exceed what an index can hold. */
export const groupKey = (group: FederationGroup): string =>
  hash('sha256', groupName(group), 'base64url').slice(0, keyCharacters);

/** How a subject or a pattern stands in the order of what is near to what. */
export const nearKey = (subject: string): string => cutText(nearForm(subject), maxNear).toWellFormed();

/** The columns by which a federation is found; all `null` where a version wrote the row that does not know them. */
export const federationPlace = (tenant: string, federation: Federation) => {
  const group = groupOf(tenant, federation);
  return {
    federation_id: federation.id,
    group_key: groupKey(group),
    near: nearKey(federation.subject ?? federation.subjectPattern ?? ''),
    prefix: group.kind === 'prefix' ? group.text : null,
  };
};
