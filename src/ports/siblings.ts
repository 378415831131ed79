/** What can be sent from one process to another. */
export type Message =
  | null
  | boolean
  | number
  | string
  | readonly Message[]
  | { readonly [member: string]: Message };

/** The other workers of this node: processes of the same server, on the same port and the same store. */
export interface Siblings {
  /** How many workers there are, this one included. */
  readonly count: number;
  /**
   * Asks each of the others and waits for their answers, in no order. Never throws: whoever does not answer in time, fails or
   * is not there has no answer in the list.
   *
   * @param waitMs how long; a second when absent
   */
  ask(topic: string, question: Message, waitMs?: number): Promise<readonly Message[]>;
  /** Tells each of the others, and waits for nothing. */
  tell(topic: string, news: Message): void;
  /** What is done, and answered, when another asks or tells. */
  on(topic: string, answer: (question: Message) => Promise<Message>): void;
}
