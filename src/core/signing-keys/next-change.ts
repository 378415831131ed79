import type { EpochMilliseconds } from '../time.ts';
import { activeAt, findSuccessor, goneAt, prepareAt, type RotationPolicy } from './plan-rotation.ts';
import type { KeyState, SigningKey } from './signing-key.ts';

/** What becomes of a key next, and when it does so of itself; never in the past, for what is late is due now. */
export interface NextChange {
  readonly state: KeyState | 'gone';
  readonly at: EpochMilliseconds;
}

/** The next change of `key`, one of `keys`, which are all keys of its tenant. */
export const nextChange = (
  key: SigningKey,
  keys: readonly SigningKey[],
  policy: RotationPolicy,
  now: EpochMilliseconds,
): NextChange => {
  switch (key.state) {
    case 'prepared':
      return { state: 'active', at: Math.max(now, activeAt(key, policy)) };
    case 'retired':
      return { state: 'gone', at: Math.max(now, goneAt(key, policy)) };
    case 'active': {
      const successor = findSuccessor(key, keys);
      if (successor !== undefined)
        return { state: 'retired', at: Math.max(now, activeAt(successor, policy)) };
      return { state: 'retired', at: Math.max(now, prepareAt(key, policy)) + policy.publishAheadMs };
    }
  }
};
