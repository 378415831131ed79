import * as z from 'zod';
import { removable, text, timestamp } from './text.ts';

const description = text(1024);

/** Body of `POST /teams`. */
export const createTeamBody = z
  .strictObject({ name: text(64), description: description.default('') })
  .meta({ id: 'CreateTeam', example: { name: 'payments', description: 'Card payments' } });

/** Body of `PATCH /teams/{name}`. */
export const patchTeamBody = z
  .strictObject({ description: removable(description, '') })
  .meta({ id: 'PatchTeam', example: { description: 'Card and bank payments' } });

/** A team on the wire. */
export const teamResource = z
  .strictObject({ name: z.string(), description: z.string(), createdAt: timestamp })
  .meta({ id: 'Team' });
