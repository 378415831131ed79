import type { EpochMilliseconds } from '../time.ts';

/** The scope entry of a use case that puts no bound on the scopes of its accounts. */
export const anyScope = '*';

/** A named bundle of scopes an account may hold (contract §1). Its name is its key and never changes. */
export interface UseCase {
  readonly tenant: string;
  readonly name: string;
  readonly description: string;
  /** The scopes accounts of this use case may hold; {@link anyScope} alone: any. */
  readonly scopes: readonly string[];
  readonly createdAt: EpochMilliseconds;
  readonly version: number;
}

/** Whether an account of `useCase` may hold `scope`. */
export const permitsScope = (useCase: Pick<UseCase, 'scopes'>, scope: string): boolean =>
  useCase.scopes.includes(anyScope) || useCase.scopes.includes(scope);
