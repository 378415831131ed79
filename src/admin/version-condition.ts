import { ok, type Result } from '../core/result.ts';
import { type AdminProblem, notFound, refuse } from './admin-problem.ts';

/** What an If-Match header asks for (RFC 9110 §13.1.1): any current version, or one of these; or it was not sent. */
export type VersionCondition = 'any' | 'missing' | readonly number[];

/**
 * What was looked up when it is there and its version is the one the caller saw, else the refusal (A72, AD-06).
 *
 * @param what its name in words, for the refusal of what is not there
 */
export const requireCurrent = <T extends { readonly version: number }>(
  what: string,
  found: T | null,
  condition: VersionCondition,
): Result<T, AdminProblem> => (found === null ? notFound(what) : requireVersion(found, condition));

const requireVersion = <T extends { readonly version: number }>(
  resource: T,
  condition: VersionCondition,
): Result<T, AdminProblem> => {
  // Only here, after the resource was found: what does not exist is 404 whatever the headers say (A107).
  if (condition === 'missing') {
    return refuse(
      'version_missing',
      'Send If-Match with the ETag of the version you have read (or *), so that no change of another is lost.',
    );
  }
  return condition === 'any' || condition.includes(resource.version) ? ok(resource) : stale();
};

/** The refusal for a version that is no longer the current one. */
export const stale = () =>
  refuse(
    'version_stale',
    'Someone else changed it in the meantime. Read it again, look at the difference and repeat the change.',
  );
