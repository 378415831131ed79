import type { Configuration } from '../config/schema.ts';
import type { Message } from '../ports/siblings.ts';

/** What a worker is told before it begins. */
export interface WorkerOrder {
  readonly configuration: Configuration;
  readonly version: string;
  /** From 1 on; no two living workers have the same one. */
  readonly place: number;
  readonly count: number;
  /** Whether no other worker looked after the store before: it checks and migrates it, and makes the first start. */
  readonly prepares: boolean;
}

/** From the process that looks after the workers to one of them. */
export type ToWorker =
  | { readonly say: 'begin'; readonly order: WorkerOrder }
  /** Begin to listen; answered by `listening`. */
  | { readonly say: 'listen' }
  /** Say that the server is ready, for all workers. */
  | { readonly say: 'announce' }
  | { readonly say: 'log'; readonly text: string; readonly details: Message }
  | { readonly say: 'stop' }
  | FromSibling;

/** From a worker to the process that looks after it. */
export type FromWorker =
  /** The store is prepared and everything is open, but the port. */
  | { readonly say: 'opened' }
  | { readonly say: 'listening' }
  /** It cannot start; what an operator has to mend was said by the worker itself. */
  | { readonly say: 'refused'; readonly lines: readonly string[]; readonly exitCode: number }
  | ToSiblings;

/** A message for every other worker. `id` counts the questions of a worker; a question without one wants no answer. */
export type ToSiblings =
  | { readonly say: 'ask'; readonly id: number | null; readonly topic: string; readonly question: Message }
  /** `to` is the place of the worker that asked. */
  | { readonly say: 'answer'; readonly id: number; readonly to: number; readonly answer: Message };

/** What arrives of {@link ToSiblings}. */
export type FromSibling =
  | {
      readonly say: 'asked';
      readonly id: number | null;
      readonly from: number;
      readonly topic: string;
      readonly question: Message;
    }
  /** How many were asked, so that nobody waits for a worker that is not there. */
  | { readonly say: 'asking'; readonly id: number; readonly workers: number }
  | { readonly say: 'answered'; readonly id: number; readonly answer: Message };
