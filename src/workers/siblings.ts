import type { Message, Siblings } from '../ports/siblings.ts';
import type { FromSibling, ToSiblings } from './messages.ts';

/** How long a question waits for answers: a worker that is busier than that is told of it by the store (contract §7). */
const patienceMs = 1000;

/** {@link Siblings} and the way in of what they send. */
export interface ConnectedSiblings extends Siblings {
  take(message: FromSibling): void;
}

interface Question {
  readonly answers: Message[];
  /** How many answers there will be; `null` before that is known. */
  expected: number | null;
  readonly end: () => void;
}

/**
 * Siblings over the channel to the process that looks after the workers.
 *
 * @param send to that process
 */
export const connectSiblings = (
  count: number,
  send: (message: ToSiblings) => void,
  reportFault: (error: unknown) => void,
  { waitMs = patienceMs }: { readonly waitMs?: number } = {},
): ConnectedSiblings => {
  const handlers = new Map<string, (question: Message) => Promise<Message>>();
  const questions = new Map<number, Question>();
  let lastId = 0;

  const endIfComplete = ({ answers, expected, end }: Question): void => {
    if (expected !== null && answers.length >= expected) end();
  };
  const answerTo = async ({ id, from, topic, question }: FromSibling & { say: 'asked' }): Promise<void> => {
    const answer = (await handlers.get(topic)?.(question)) ?? null;
    if (id !== null) send({ say: 'answer', id, to: from, answer });
  };

  return {
    count,
    ask: async (topic, question, patienceOfQuestionMs = waitMs) => {
      lastId += 1;
      const id = lastId;
      const { promise, resolve } = Promise.withResolvers<void>();
      const asked: Question = { answers: [], expected: null, end: resolve };
      questions.set(id, asked);
      const timer = setTimeout(resolve, patienceOfQuestionMs);
      send({ say: 'ask', id, topic, question });
      await promise;
      clearTimeout(timer);
      questions.delete(id);
      return asked.answers;
    },
    tell: (topic, news) => {
      send({ say: 'ask', id: null, topic, question: news });
    },
    on: (topic, answer) => void handlers.set(topic, answer),
    take: (message) => {
      if (message.say === 'asked') {
        answerTo(message).catch(reportFault);
        return;
      }
      const question = questions.get(message.id);
      if (question === undefined) return;
      if (message.say === 'asking') question.expected = message.workers;
      else question.answers.push(message.answer);
      endIfComplete(question);
    },
  };
};
