import { createRequire } from 'node:module';
import type * as Cel from '@bufbuild/cel';
import type * as Re2 from '@bufbuild/re2';

const load = createRequire(import.meta.url);

/**
 * The packages behind CEL, loaded with the first expression and not with the server: they take as long as all else that a
 * start needs, and few registrations have an expression. It is the one load that does not wait, for a decision does not.
 */
export const loadCel = (): typeof Cel => load('@bufbuild/cel') as typeof Cel;

/** {@link loadCel} for the patterns of `matches()`. */
export const loadRe2 = (): typeof Re2 => load('@bufbuild/re2') as typeof Re2;
