import { hash } from 'node:crypto';
import type { HashText } from '../core/activity/chain.ts';

/** {@link HashText} as the chains of every release have it. */
export const hashText: HashText = (text) => hash('sha256', text, 'base64url');
