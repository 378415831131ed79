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

/** Metrics of the node: whichever worker is scraped tells of all of them. */
export const shareMetrics = (
  siblings: Siblings,
  metrics: OwnMetrics,
): { readonly contentType: string; readonly render: () => Promise<string> } => {
  siblings.on(topic, () => metrics.snapshot());
  return {
    contentType: metrics.contentType,
    render: async () => metrics.render(await siblings.ask(topic, null)),
  };
};
