import * as z from 'zod';
import { removable, text, timestamp } from './text.ts';

const description = text(1024);
const scopes = z.array(text(128)).max(200);

/** Body of `POST /use-cases`. */
export const createUseCaseBody = z
  .strictObject({ name: text(64), description: description.default(''), scopes: scopes.default([]) })
  .meta({
    id: 'CreateUseCase',
    example: { name: 'certificate-reader', description: 'Reads certificates', scopes: ['certificates:read'] },
  });

/** Body of `PATCH /use-cases/{name}`. */
export const patchUseCaseBody = z
  .strictObject({ description: removable(description, ''), scopes: removable(scopes, []) })
  .meta({ id: 'PatchUseCase', example: { scopes: ['certificates:read', 'certificates:write'] } });

/** A use case on the wire. */
export const useCaseResource = z
  .strictObject({
    name: z.string(),
    description: z.string(),
    scopes: z.array(z.string()).meta({ description: 'The scopes its accounts may hold; * alone: any.' }),
    createdAt: timestamp,
  })
  .meta({ id: 'UseCase' });
