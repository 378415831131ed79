import { randomUUID } from 'node:crypto';
import type { NewId } from '../../ports/identifiers.ts';

/** Identifiers from the operating system's random source, 122 bits each (A104). */
export const newId: NewId = () => randomUUID();
