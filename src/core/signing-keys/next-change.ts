import type { EpochMilliseconds } from '../time.ts';
import type { RotationPolicy } from './plan-rotation.ts';
import type { KeyState, SigningKey } from './signing-key.ts';

/** What becomes of a key next, and when it does so of itself. */
export interface NextChange {
  readonly state: KeyState | 'gone';
  readonly at: EpochMilliseconds;
}

/** The next change of `key` among the keys of its tenant; `null` where it waits for another key. */
export const nextChange = (
  key: SigningKey,
  keys: readonly SigningKey[],
  policy: RotationPolicy,
): NextChange | null => {
  switch (key.state) {
    case 'prepared':
      return { state: 'active', at: key.createdAt + policy.publishAheadMs };
    case 'retired':
      return { state: 'gone', at: (key.retiredAt ?? key.createdAt) + policy.keepRetiredMs };
    case 'active': {
      const successor = keys.find(
        ({ state, purpose, algorithm }) =>
          state === 'prepared' && purpose === key.purpose && algorithm === key.algorithm,
      );
      const planned = (key.activatedAt ?? key.createdAt) + policy.rotateAfterMs;
      return { state: 'retired', at: successor === undefined ? planned : successor.createdAt + policy.publishAheadMs };
    }
  }
};
