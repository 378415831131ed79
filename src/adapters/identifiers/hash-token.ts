import { hash } from 'node:crypto';
import type { HashToken } from '../../ports/token-hash.ts';

/** SHA-256 over the characters of the token as they came; the token cannot be found again from it (RS-12). */
export const hashToken: HashToken = (token) => hash('sha256', token, 'base64url');
