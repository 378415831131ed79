import type { EpochMilliseconds } from '../../core/time.ts';
import type { Result } from '../../core/result.ts';
import type { TrustedIssuer } from '../../core/trust/trusted-issuer.ts';
import type { Clock } from '../../ports/clock.ts';
import type { GuardedFetch } from '../../ports/guarded-fetch.ts';
import type { KeyHealth, KeyLookup } from '../../ports/issuer-keys.ts';
import type { SignatureVerifier } from '../../ports/signature-verifier.ts';
import { backOffMilliseconds } from './back-off.ts';
import { describeChange, type FoundKeySet, type KeySetEvent } from './describe-change.ts';
import { describeUnknownKey } from './describe-unknown-key.ts';
import { fetchKeySet, type FetchedKeySet, type Validators } from './fetch-key-set.ts';
import { freshnessBounds } from './freshness.ts';
import { after, describeKeySet, describeUselessness, type IssuerKeySet } from './issuer-key-set.ts';
import { createJwksLocation } from './jwks-location.ts';
import type { KeyDocument } from './key-document.ts';
import type { KeySet } from './key-set.ts';
import { createKnownKids } from './known-kids.ts';
import { type KeyChoice, selectKey } from './select-key.ts';

/** What the keys of a remote issuer are made of. */
export interface RemoteKeySetOptions {
  readonly issuer: TrustedIssuer;
  /** What is fetched. */
  readonly document: KeyDocument;
  readonly source: KeyHealth['source'];
  /** As registered now: it may be edited without the keys being dropped (JF-08). */
  readonly staleIfErrorSeconds: () => number;
  readonly fetch: GuardedFetch;
  readonly importKey: SignatureVerifier['importKey'];
  readonly clock: Clock;
  /** How long a set without HTTP freshness is fresh, and the longest time between two looks at one in use (A54). */
  readonly refreshIntervalSeconds: number;
  readonly random: () => number;
  /** Resolves when one more of those that waited for keys may go on. */
  readonly itsTurn: () => Promise<void>;
  readonly report: (event: KeySetEvent) => void;
}

/** How long a request waits for keys where none are known. */
const coldWaitMilliseconds = 5000;
/** How long a token with an unknown `kid` waits for a refetch; every refusal is out within 250 ms. */
const unknownKidWaitMilliseconds = 200;
/** One extra fetch for unknown `kid`s in this time (JF-10, A50). */
const unknownKidPauseMilliseconds = 30_000;
/** The part of its lifetime after which a set is refreshed in the background (JF-15). */
const refreshAfter = 0.8;
/** A set nobody asked for this long is no longer kept fresh. */
const idleMilliseconds = 3_600_000;

interface Held {
  readonly set: KeySet;
  readonly refreshSeconds: number | null;
  readonly sequence: number | null;
  readonly validators: Validators;
  readonly fetchedAt: EpochMilliseconds;
  /** On the monotonic clock, as every time that decides something (B33). */
  readonly receivedAt: number;
  readonly staleAt: number;
  readonly refreshAt: number;
}

interface Flight {
  readonly isForced: boolean;
  readonly abort: () => void;
  /** Settles, never rejects, when the outcome is taken in or was overtaken. */
  readonly done: Promise<void>;
}

/**
 * Keeps the key set of one issuer.
 *
 * A good answer replaces the set completely (JF-09). What is never believed against a good set, before its stale limit: a
 * failure, something unreadable, and a set with no usable key at all, be it empty; an issuer that publishes nothing for a
 * moment is more often broken than closing down (A51, B21). An administrator's refresh is believed in any case, so
 * that an emptied set takes effect when someone wants it to (JF-09). A set that shows private keys is believed at once: it
 * ends the trust in all of them (A10). And where the document means what it says when it is empty, it is believed too
 * (SV-21). A document that calls itself older than the one held is not believed either, before the stale limit (SV-20).
 */
export const createRemoteKeySet = (options: RemoteKeySetOptions): IssuerKeySet => {
  const { issuer, clock, random, refreshIntervalSeconds: freshByDefaultSeconds } = options;
  const location = createJwksLocation({ ...options, freshByDefaultSeconds });
  let held: Held | null = null;
  let flight: Flight | null = null;
  let failures = 0;
  /** All of them, for operators; never counted back. */
  let failuresSoFar = 0;
  /** Before this no fetch but a forced one begins (JF-13). */
  let pausedUntil = Number.NEGATIVE_INFINITY;
  let unknownKidFetchAt = Number.NEGATIVE_INFINITY;
  let usedAt = clock.monotonic();
  let lastAttemptAt: EpochMilliseconds | null = null;
  let lastError: string | null = null;
  let timer: NodeJS.Timeout | null = null;
  let clockOffsetSeconds: number | null = null;
  let isClosed = false;
  const knownKids = createKnownKids();

  const begin = (isForced: boolean): Flight => {
    const controller = new AbortController();
    lastAttemptAt = clock.now();
    const done = attempt(isForced, controller.signal).then((answer) => {
      if (flight !== begun) return;
      flight = null;
      takeIn(answer, isForced);
    });
    const begun: Flight = { isForced, abort: () => controller.abort(), done };
    flight = begun;
    return begun;
  };

  const attempt = async (isForced: boolean, signal: AbortSignal): Promise<Result<FetchedKeySet, string>> => {
    try {
      const request = { isForced, validators: held?.validators ?? null, signal };
      return await fetchKeySet({ ...options, location, freshByDefaultSeconds }, request);
    } catch (error) {
      // A defect of ours must not end the process from a background fetch.
      report({
        level: 'warn',
        message: 'fault while reading the key set of a trusted issuer',
        details: { err: error },
      });
      return { ok: false, error: 'Bureau failed while reading the key set; see its log.' };
    }
  };

  const takeIn = (answer: Result<FetchedKeySet, string>, isForced: boolean): void => {
    const before = held;
    if (!answer.ok) return noteFailure(answer.error);
    const { set, freshSeconds, refreshSeconds, sequence, validators } = answer.value;
    clockOffsetSeconds = answer.value.clockOffsetSeconds ?? clockOffsetSeconds;
    if (set === null) {
      if (before === null) return noteFailure(`${validators.jwksUri} answered 304, and no set is held.`);
      return hold({ ...before, validators }, freshSeconds);
    }
    if (!isForced && !set.exposesPrivateKeys && usable() !== null && isEarlier(sequence, before?.sequence))
      return noteFailure(
        `${validators.jwksUri} answered with spiffe_sequence ${sequence}, which is lower than ${before?.sequence} before. The keys known before stay in use until their time is over.`,
      );
    const useless = describeUselessness(set, validators.jwksUri);
    const isBelieved =
      useless === null ||
      set.exposesPrivateKeys ||
      options.document.emptyIsMeant ||
      isForced ||
      (usable()?.keys.length ?? 0) === 0;
    if (!isBelieved)
      return noteFailure(`${useless} The keys known before stay in use until their time is over.`);
    const { jwksUri } = validators;
    for (const event of describeChange(before === null ? null : foundOf(before), { set, jwksUri }))
      report(event);
    knownKids.replace(kidsOf(before?.set), kidsOf(set), clock.now());
    if (useless === null) return hold({ set, refreshSeconds, sequence, validators }, freshSeconds);
    // A set of no use is looked at again soon and never confirmed by a 304.
    const unconfirmed = { ...validators, etag: null, lastModified: null };
    hold({ set, refreshSeconds: null, sequence, validators: unconfirmed }, freshnessBounds.leastSeconds);
    lastError = useless;
    report({
      level: 'warn',
      message: 'key set of a trusted issuer is of no use',
      details: { problem: useless },
    });
  };

  const hold = (
    {
      set,
      refreshSeconds,
      sequence,
      validators,
    }: Pick<Held, 'set' | 'refreshSeconds' | 'sequence' | 'validators'>,
    freshSeconds: number,
  ): void => {
    const now = clock.monotonic();
    const untilRefresh = refreshSeconds ?? Math.min(freshSeconds * refreshAfter, freshByDefaultSeconds);
    const untilStale = refreshSeconds === null ? freshSeconds : refreshSeconds / refreshAfter;
    held = {
      set,
      refreshSeconds,
      sequence,
      validators,
      fetchedAt: clock.now(),
      receivedAt: now,
      staleAt: now + untilStale * 1000,
      refreshAt: now + untilRefresh * 1000,
    };
    failures = 0;
    pausedUntil = Number.NEGATIVE_INFINITY;
    lastError = null;
    wakeAt(held.refreshAt);
  };

  const noteFailure = (problem: string): void => {
    failures += 1;
    failuresSoFar += 1;
    pausedUntil = clock.monotonic() + backOffMilliseconds(failures, random);
    lastError = problem;
    report({
      level: 'warn',
      message: 'key set of a trusted issuer could not be refreshed',
      details: { problem, failures },
    });
    wakeAt(pausedUntil);
  };

  /** Refreshes by itself at `time`, unless nobody uses the set any more. Never keeps the process alive. */
  const wakeAt = (time: number): void => {
    if (timer !== null) clearTimeout(timer);
    if (isClosed) return;
    timer = setTimeout(() => wake(time), Math.max(1, time - clock.monotonic()));
    timer.unref();
  };

  const wake = (time: number): void => {
    const now = clock.monotonic();
    if (now < time) return wakeAt(time);
    if (flight === null && now - usedAt < idleMilliseconds) begin(false);
  };

  /** Waits for the fetch under way, or for the one that overtook it, at most so long, and then until it is one's turn. */
  const settled = async (milliseconds: number): Promise<void> => {
    if (flight === null) return;
    let timeout: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => {
      timeout = setTimeout(resolve, milliseconds, 'late');
      timeout.unref();
    });
    try {
      while (flight !== null) if ((await Promise.race([flight.done, late])) === 'late') break;
    } finally {
      clearTimeout(timeout);
    }
    await options.itsTurn();
  };

  const usable = (): KeySet | null =>
    held !== null && clock.monotonic() < held.staleAt + options.staleIfErrorSeconds() * 1000
      ? held.set
      : null;

  const unavailable = (): KeyLookup => ({
    found: 'unavailable',
    detail: lastError ?? 'The keys of the issuer are still being fetched.',
    retryAfterSeconds: Math.max(1, flight === null ? Math.ceil((pausedUntil - clock.monotonic()) / 1000) : 5),
  });

  /** Sees to it that a set is held that may be used, or that there is none to be had now. */
  const provide = async (): Promise<KeySet | null> => {
    const now = clock.monotonic();
    const mayFetch = now >= pausedUntil;
    const set = usable();
    // Out of date although the last fetch was good: nobody asked for a while. Look before old keys are used again (A54).
    const mustLook = set === null || (held !== null && now >= held.staleAt && failures === 0);
    if (mustLook) {
      if (flight === null && mayFetch) begin(false);
      await settled(coldWaitMilliseconds);
      return usable();
    }
    if (flight === null && mayFetch && held !== null && now >= held.refreshAt) begin(false);
    return set;
  };

  const mayAskForUnknown = (now: number): boolean => now - unknownKidFetchAt >= unknownKidPauseMilliseconds;

  /** One early refetch for a key that is not in the set, shared, and rare (JF-10, A50). */
  const askForUnknown = (choice: Parameters<IssuerKeySet['find']>[0]): void => {
    const now = clock.monotonic();
    if (flight !== null || now < pausedUntil || !mayAskForUnknown(now)) return;
    const before = unknownKidFetchAt;
    unknownKidFetchAt = now;
    void begin(false).done.then(() => {
      // The key was there: the issuer has rotated, nobody is flooding. The next rotation may be as prompt (B22).
      if (held !== null && selectKey(held.set, choice).found === 'key') unknownKidFetchAt = before;
    });
  };

  /** What {@link selectKey} says, and for the one who reads the receipt what else is known. */
  const select = (set: KeySet, choice: KeyChoice): KeyLookup => {
    const lookup = selectKey(set, choice);
    if (lookup.found === 'key') return { ...lookup, clockOffsetSeconds };
    if (lookup.found !== 'unknown' || held === null || set.exposesPrivateKeys) return lookup;
    const now = clock.monotonic();
    const nextFetch = Math.max(pausedUntil, unknownKidFetchAt + unknownKidPauseMilliseconds, now);
    const more = describeUnknownKey({
      keys: set.keys,
      fetchedAt: held.fetchedAt,
      nextFetchAt: clock.now() + (nextFetch - now),
      withdrawnAt: choice.kid === null ? null : knownKids.withdrawnAt(choice.kid),
    });
    return { ...lookup, detail: `${lookup.detail} ${more}` };
  };

  const report = ({ level, message, details }: KeySetEvent): void =>
    options.report({ level, message, details: { tenant: issuer.tenant, issuer: issuer.issuer, ...details } });

  return {
    find: async (choice) => {
      usedAt = clock.monotonic();
      const heldBefore = held;
      if (isClosed) return unavailable();
      const set = await provide();
      if (set === null) return unavailable();
      const lookup = select(set, choice);
      // A set that arrived while this token waited is as new as any: asking again would tell nothing.
      if (lookup.found !== 'unknown' || held !== heldBefore) return lookup;
      askForUnknown(choice);
      await settled(unknownKidWaitMilliseconds);
      const current = usable();
      return current === null ? lookup : select(current, choice);
    },
    refresh: async () => {
      if (isClosed) return;
      if (flight !== null && !flight.isForced) flight.abort();
      await (flight?.isForced === true ? flight : begin(true)).done;
    },
    health: () => {
      const freshUntil = held === null ? null : held.fetchedAt + (held.staleAt - held.receivedAt);
      return {
        source: options.source,
        jwksUri: issuer.jwksUri ?? held?.validators.jwksUri ?? null,
        ...describeKeySet(held?.set ?? null),
        fetchedAt: held?.fetchedAt ?? null,
        freshUntil,
        usableUntil: freshUntil === null ? null : after(freshUntil, options.staleIfErrorSeconds()),
        lastAttemptAt,
        lastError,
        clockOffsetSeconds,
      };
    },
    fetches: () => ({
      fetchedAt: held?.fetchedAt ?? null,
      lastAttemptAt,
      lastAttemptWasGood: held === null && lastError === null ? null : lastError === null,
      failures: failuresSoFar,
      unknownKidFetchesLeft: mayAskForUnknown(clock.monotonic()) ? 1 : 0,
    }),
    close: () => {
      isClosed = true;
      held = null;
      lastError = 'The trusted issuer was changed or removed meanwhile.';
      flight?.abort();
      flight = null;
      if (timer !== null) clearTimeout(timer);
    },
  };
};

/** Whether a document is older than the one before: of somebody between who replays it, or a copy that lags behind. */
const isEarlier = (sequence: number | null, before: number | null | undefined): boolean =>
  sequence !== null && typeof before === 'number' && sequence < before;

const kidsOf = (set: KeySet | undefined): readonly (string | null)[] =>
  (set?.keys ?? []).map(({ kid }) => kid);

const foundOf = ({ set, validators }: Held): FoundKeySet => ({ set, jwksUri: validators.jwksUri });
