import { ok, type Result } from '../core/result.ts';
import { type AdminProblem, refuse } from './admin-problem.ts';

/** What an If-Match header asks for (RFC 9110 §13.1.1): any current version, or one of these. */
export type VersionCondition = 'any' | readonly number[];

/** The resource when its version is the one the caller saw, else the refusal (A72, AD-06). */
export const requireVersion = <T extends { readonly version: number }>(
  resource: T,
  condition: VersionCondition,
): Result<T, AdminProblem> =>
  condition === 'any' || condition.includes(resource.version) ? ok(resource) : stale();

/** The refusal for a version that is no longer the current one. */
export const stale = () =>
  refuse('version_stale', 'Someone else changed it in the meantime. Read it again, look at the difference and repeat the change.');
