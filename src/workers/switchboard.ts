import type { FromSibling, ToSiblings } from './messages.ts';

/** Passes on what workers ask each other. */
export interface Switchboard {
  /** From now on the worker of this place is asked. */
  connect(place: number, send: (message: FromSibling) => void): void;
  /** It ended: nobody asks it any more. */
  disconnect(place: number): void;
  /** Takes what the worker of this place sends. */
  pass(from: number, message: ToSiblings): void;
}

/** Keeps nothing of what it passes on. */
export const createSwitchboard = (): Switchboard => {
  const lines = new Map<number, (message: FromSibling) => void>();
  return {
    connect: (place, send) => void lines.set(place, send),
    disconnect: (place) => void lines.delete(place),
    pass: (from, message) => {
      if (message.say === 'answer') {
        lines.get(message.to)?.({ say: 'answered', id: message.id, answer: message.answer });
        return;
      }
      const { id, topic, question } = message;
      const others = [...lines].filter(([place]) => place !== from);
      for (const [, send] of others) send({ say: 'asked', id, from, topic, question });
      if (id !== null) lines.get(from)?.({ say: 'asking', id, workers: others.length });
    },
  };
};
