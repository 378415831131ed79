/** The roles of the admin API (contract §5). */
export const roles = ['administrator', 'viewer', 'auditor'] as const;

/** One of {@link roles}. */
export type Role = (typeof roles)[number];

/** What each role holds: itself and every weaker one. */
const held: Readonly<Record<Role, readonly Role[]>> = {
  administrator: ['administrator', 'viewer', 'auditor'],
  viewer: ['viewer', 'auditor'],
  auditor: ['auditor'],
};

/**
 * Whether `actor` holds every one of `concerned`: no one grants a role they do not hold, and no one changes, disables or
 * links a federation to an account that is stronger than they are (A106).
 */
export const holdsRoles = (actor: Role | null, concerned: readonly (Role | null)[]): boolean =>
  concerned.every((role) => role === null || (actor !== null && held[actor].includes(role)));
