import { identifyAttempt, sampleClaims } from '../core/inbox/describe-attempt.ts';
import type { AttemptIdentity, RefusedAttempts } from '../core/inbox/inbox-entry.ts';
import type { RefusalReason } from '../core/oauth/reasons.ts';
import { startRounds } from '../core/rounds.ts';
import type { EpochMilliseconds } from '../core/time.ts';
import type { NewId } from '../ports/identifiers.ts';
import type { InboxStore } from '../ports/stores.ts';
import type { Decision } from './decision.ts';

/** Refused attempts on their way to the inbox: remembered at once, written down every second. */
export interface AttemptCollection {
  /** Notes a refusal where it is one for the inbox. Never throws, never waits. */
  note(
    decision: Pick<Decision<object>, 'tenant' | 'door' | 'evidence'>,
    refusal: { readonly reason: RefusalReason; readonly receipt: string; readonly at: EpochMilliseconds },
  ): void;
  /**
   * Writes down at most {@link maxWritten} entries, after what is being written already; what cannot be written is due
   * again.
   */
  write(): Promise<void>;
}

/** How many different attempts of one tenant and standing are remembered until they are written; further ones are not. */
const maxRemembered = 200;

/** How many tenants, each with its two standings, are remembered at a time. */
const maxRooms = 64;

const maxWritten = 500;

type Room = Map<string, RefusedAttempts>;

/**
 * Nothing hangs on the inbox for the decision: a kill loses a second of it. Whatever strangers send, the memory is bounded,
 * and beyond the bound an attempt costs a look into a map.
 */
export const createAttemptCollection = (
  store: Pick<InboxStore, 'add'>,
  newId: NewId,
  reportFault: (error: unknown) => void,
): AttemptCollection => {
  const rooms = new Map<string, Room>();
  let underWay = Promise.resolve();

  const roomOf = ({ tenant, verified }: AttemptIdentity): Room | null => {
    const name = `${verified}\n${tenant}`;
    const known = rooms.get(name);
    if (known !== undefined || rooms.size >= maxRooms) return known ?? null;
    const room: Room = new Map();
    rooms.set(name, room);
    return room;
  };

  const remember = (
    identity: AttemptIdentity,
    make: (before: RefusedAttempts | null) => RefusedAttempts,
  ): void => {
    const room = roomOf(identity);
    const key = JSON.stringify([identity.issuer, identity.subject, identity.audience]);
    const before = room?.get(key) ?? null;
    if (room === null || (before === null && room.size >= maxRemembered)) return;
    room.set(key, make(before));
  };

  /** One from each room in turn, so that no tenant waits for another's strangers. */
  const take = (): readonly RefusedAttempts[] => {
    const taken: RefusedAttempts[] = [];
    while (rooms.size > 0 && taken.length < maxWritten) {
      for (const [name, room] of rooms) {
        const [first] = room;
        if (first === undefined) rooms.delete(name);
        else if (taken.length < maxWritten) {
          room.delete(first[0]);
          taken.push(first[1]);
        }
      }
    }
    return taken;
  };

  const putBack = (attempts: RefusedAttempts): void =>
    remember(attempts, (later) =>
      later === null
        ? attempts
        : {
            ...later,
            id: attempts.id,
            count: attempts.count + later.count,
            firstSeenAt: attempts.firstSeenAt,
          },
    );

  const writeBatch = async (): Promise<void> => {
    const batch = take();
    try {
      await store.add(batch);
    } catch (error) {
      batch.forEach(putBack);
      throw error;
    }
  };

  return {
    note: ({ tenant, door, evidence }, { reason, receipt, at }) => {
      try {
        const identity = identifyAttempt(tenant, reason, evidence.seen());
        if (identity === null) return;
        const latest = { lastSeenAt: at, reason, door, receipt };
        remember(identity, (before) =>
          before === null
            ? {
                ...identity,
                ...latest,
                id: newId(),
                count: 1,
                firstSeenAt: at,
                claims: sampleClaims(evidence.presented(), evidence.seen()),
              }
            : { ...before, ...latest, count: before.count + 1 },
        );
      } catch (error) {
        reportFault(error);
      }
    },
    write: () => {
      // What another call is writing has to be there as well when this one is over.
      underWay = underWay.catch(() => undefined).then(writeBatch);
      return underWay;
    },
  };
};

/** Writes what was noted every second, one round at a time; `stop` writes once more. */
export const startWritingAttempts = (
  attempts: Pick<AttemptCollection, 'write'>,
  reportFault: (error: unknown) => void,
  intervalMs = 1000,
): { readonly stop: () => Promise<void> } => {
  const rounds = startRounds(() => attempts.write(), reportFault, intervalMs);
  return {
    stop: async () => {
      await rounds.stop();
      await attempts.write().catch(reportFault);
    },
  };
};
