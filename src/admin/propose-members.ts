import { proposeName } from '../core/trust/propose/propose-name.ts';
import type { Stores } from '../ports/stores.ts';

/** The members of an account beside its federations, ready for a create. */
export interface ProposedMembers {
  readonly name: string;
  readonly description: string;
  readonly owningTeam: string;
  readonly useCase: string;
  readonly scopes: readonly string[];
  readonly audiences: readonly string[];
}

/** What of them is known already; the rest is filled in. */
export type KnownMembers = { readonly [Name in keyof ProposedMembers]?: ProposedMembers[Name] | undefined };

/** Fills in what a tenant begins with, and a name made of the subject that is not taken. */
export const proposeMembers = async (
  stores: Pick<Stores, 'serviceAccounts' | 'teams' | 'useCases'>,
  tenant: string,
  subject: string,
  known: KnownMembers,
): Promise<ProposedMembers> => ({
  name: known.name ?? (await findFreeName(stores, tenant, proposeName(subject))),
  description: known.description ?? '',
  owningTeam: known.owningTeam ?? (await findUsual(stores.teams, tenant, 'default')),
  useCase: known.useCase ?? (await findUsual(stores.useCases, tenant, 'custom-api-integration')),
  scopes: known.scopes ?? [],
  audiences: known.audiences ?? [],
});

interface NamedThings {
  find(tenant: string, name: string): Promise<{ readonly name: string } | null>;
  list(
    tenant: string,
    page: { readonly limit: number; readonly cursor: null },
  ): Promise<{ readonly items: readonly { readonly name: string }[] }>;
}

/** The one that every tenant begins with, or else the oldest that is left. */
const findUsual = async (store: NamedThings, tenant: string, usual: string): Promise<string> => {
  if ((await store.find(tenant, usual)) !== null) return usual;
  const { items } = await store.list(tenant, { limit: 1, cursor: null });
  return items[0]?.name ?? usual;
};

/** As many names as are looked at; where all of them are taken, the create says so. */
const mostNames = 200;

const findFreeName = async (
  { serviceAccounts }: Pick<Stores, 'serviceAccounts'>,
  tenant: string,
  name: string,
): Promise<string> => {
  const { items } = await serviceAccounts.list(tenant, { q: name }, { limit: mostNames, cursor: null });
  const taken = new Set(items.map((account) => account.name));
  if (!taken.has(name)) return name;
  const numbered = Array.from({ length: mostNames }, (_, index) => `${name}-${index + 2}`);
  return numbered.find((candidate) => !taken.has(candidate)) ?? name;
};
