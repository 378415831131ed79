import type { Message, Siblings } from '../ports/siblings.ts';

/** The metrics of one process. */
export interface OwnMetrics {
  readonly contentType: string;
  /** The values of this process, to be sent to another one. */
  snapshot(): Promise<Message>;
  /** The text of this process and of the others' snapshots in one. */
  render(others?: readonly Message[]): Promise<string>;
}

const topic = 'metrics';

/** Who scrapes waits for longer than a change does: an answer without a worker looks like a fall of its counters. */
const patienceMs = 5000;

/** Metrics of the node: whichever worker is scraped tells of all of them. */
export const shareMetrics = (
  siblings: Siblings,
  metrics: OwnMetrics,
): { readonly contentType: string; readonly render: () => Promise<string> } => {
  siblings.on(topic, () => metrics.snapshot());
  let underWay: Promise<string> | null = null;
  const gather = async (): Promise<string> => metrics.render(await siblings.ask(topic, null, patienceMs));
  return {
    contentType: metrics.contentType,
    // Several that scrape at the same moment share what is gathered.
    render: () => {
      underWay ??= gather().finally(() => {
        underWay = null;
      });
      return underWay;
    },
  };
};
