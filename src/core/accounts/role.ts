/** The roles of the admin API (contract §5). */
export const roles = ['administrator', 'viewer', 'auditor'] as const;

/** One of {@link roles}. */
export type Role = (typeof roles)[number];
